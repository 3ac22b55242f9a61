/** Consent: give somebody a viewing code for an account, see what was given, withdraw it. */
import type { ConsentInfo } from 'covault/wallet';
import { useState } from 'preact/hooks';
import { onSubmit, useAction } from '../../common/action.js';
import { Busy, Button, Notice } from '../../common/components.js';
import { allBanks, listed } from '../../common/format.js';
import { TextField } from '../../common/text-field.js';
import { accountName, timeOf } from '../format.js';
import { AccountChoice } from '../parts/account-choice.js';
import { CopyButton } from '../parts/copy-button.js';
import { QrCode } from '../parts/qr-code.js';
import { network, progress, service, snapshot } from '../session.js';
import { progressSentence, sentenceOf } from '../words.js';
import type { Account } from '../worker/types.js';

interface Given {
  readonly label: string;
  readonly account: Account;
  readonly link: string;
}

export function ConsentPage() {
  const [given, setGiven] = useState<Given | undefined>(undefined);
  const { accounts, consents } = snapshot.value;
  const open = accounts.filter(({ state }) => state === 'open');
  const withConsents = open.filter(({ account }) => consents.some(consent => consent.account === account));
  return (
    <div class="stack loose">
      <div class="stack tight">
        <h1>Consent</h1>
        <p class="lead">
          Somebody may see the balance of an account because you say so, for as long as you say so: an auditor, a
          landlord, a partner. They see this one number, certified by all banks, and nothing else.
        </p>
      </div>
      {given ? (
        <GivenCard given={given} done={() => setGiven(undefined)} />
      ) : (
        <Give accounts={open} onGiven={setGiven} />
      )}
      {withConsents.map(account => (
        <AccountConsents
          key={account.account}
          account={account}
          consents={consents.filter(consent => consent.account === account.account)}
        />
      ))}
    </div>
  );
}

function Give({
  accounts,
  onGiven,
}: {
  readonly accounts: readonly Account[];
  readonly onGiven: (given: Given) => void;
}) {
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const [label, setLabel] = useState('');
  const action = useAction(sentenceOf);
  const account = accounts.find(known => known.account === chosen) ?? accounts[0];
  if (!account) return <Notice>Open an account first: then you can show its balance.</Notice>;
  const give = () =>
    void action.run(async () => {
      const link = await service.giveConsent(account.account, label.trim());
      onGiven({ label: label.trim(), account, link });
    });
  return (
    <form class="card stack" onSubmit={onSubmit(give)}>
      <h2>Show a balance to somebody</h2>
      <AccountChoice accounts={accounts} chosen={account.account} onChoose={setChosen} />
      <TextField
        label="To whom"
        hint="For your own list. The banks do not learn it."
        maxLength={60}
        value={label}
        onInput={setLabel}
      />
      {action.error && <Notice look="bad">{action.error}</Notice>}
      <div class="row">
        <Button look="primary" type="submit" icon="eye" busy={action.isBusy} disabled={label.trim() === ''}>
          Make a viewing code
        </Button>
      </div>
    </form>
  );
}

function GivenCard({ given, done }: { readonly given: Given; readonly done: () => void }) {
  const { link, label, account } = given;
  return (
    <section class="card stack receive given" aria-labelledby="given">
      <h2 id="given">{`For ${label}`}</h2>
      <QrCode text={link} label={`QR code of the viewing code for ${label}`} />
      <p class="mono break link-text" data-testid="viewing-link">
        {link}
      </p>
      <div class="row">
        <CopyButton text={link}>Copy the link</CopyButton>
        <Button onClick={done}>Done</Button>
      </div>
      <Notice look="warn">
        {`Whoever has this link sees the balance of ${accountName(account)} at any time, until you withdraw it. Hand it over where others do not read along.`}
      </Notice>
    </section>
  );
}

const stateWords = {
  given: ['good', 'may see it'],
  withdrawing: ['warn', 'being withdrawn'],
  withdrawn: ['plain', 'withdrawn'],
} as const;

function AccountConsents({
  account,
  consents,
}: {
  readonly account: Account;
  readonly consents: readonly ConsentInfo[];
}) {
  const alive = consents.filter(({ state }) => state !== 'withdrawn');
  return (
    <section class="card stack" aria-label={`Consents of ${accountName(account)}`}>
      <h2>{`Who may see ${accountName(account)}`}</h2>
      <ul class="consents">
        {[...consents].reverse().map(({ label, givenAt, height, state }) => (
          <li key={`${givenAt} ${height} ${label}`} class="row spread">
            <span>
              <strong>{label}</strong> <span class="small soft">given {timeOf(givenAt)}</span>
            </span>
            <span class={`tag ${stateWords[state][0]}`}>{stateWords[state][1]}</span>
          </li>
        ))}
      </ul>
      {alive.length > 0 && <Withdraw account={account} consents={alive} />}
    </section>
  );
}

function Withdraw({ account, consents }: { readonly account: Account; readonly consents: readonly ConsentInfo[] }) {
  const [isAsked, setAsked] = useState(false);
  const action = useAction(sentenceOf);
  const isUnderWay = action.isBusy || consents.some(({ state }) => state === 'withdrawing');
  const withdraw = () => void action.run(() => service.withdrawConsent(account.account).finally(() => setAsked(false)));
  const names = listed([...new Set(consents.map(({ label }) => label))]);
  if (isUnderWay) {
    return (
      <Busy>
        {progressSentence(progress.value.withdraw, 'Making new keys for the account')}. Until it is done they still see
        the balance.
      </Busy>
    );
  }
  return (
    <div class="stack">
      {action.error && <Notice look="bad">{action.error}</Notice>}
      {isAsked ? (
        <>
          <p>
            {`The keys of ${accountName(account)} are replaced at ${allBanks(network.value?.banks.length ?? 0)}. ${names} will see nothing any more; your address and your money stay.`}
          </p>
          <div class="row">
            <Button look="danger" onClick={withdraw}>
              Yes, withdraw
            </Button>
            <Button onClick={() => setAsked(false)}>Keep it</Button>
          </div>
        </>
      ) : (
        <div class="row">
          <Button look="danger" icon="x" onClick={() => setAsked(true)}>
            {consents.length > 1 ? `Withdraw all ${consents.length}` : 'Withdraw'}
          </Button>
          {consents.length > 1 && <span class="small soft">All codes of one account end together.</span>}
        </div>
      )}
    </div>
  );
}
