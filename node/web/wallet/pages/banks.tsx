/**
 * What each bank sees of an account: its share of the number, beside the number itself; and why a share is noise: for
 * every other balance the rest would only have to be different, and the bank's own share would be what it is.
 *
 * The shares shown are made here, in the way this device makes those of a payment. Those that the banks hold are others
 * of the same kind, and no device sees them in one place.
 */
import { useMemo, useState } from 'preact/hooks';
import { textOf } from '../../common/action.js';
import { Button, Field, Notice } from '../../common/components.js';
import { grouped, inWords, listed, money } from '../../common/format.js';
import { accountName } from '../format.js';
import { AccountChoice } from '../parts/account-choice.js';
import { Amount } from '../parts/amount.js';
import { network, snapshot } from '../session.js';
import { modulo, p, split } from '../shares.js';
import type { Account } from '../worker/types.js';

export function BanksPage() {
  const known = snapshot.value.accounts.filter(({ balance }) => balance !== undefined);
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const account = known.find(({ account }) => account === chosen) ?? known[0];
  const names = network.value?.banks ?? [];
  return (
    <div class="stack loose">
      <div class="stack tight">
        <h1>What each bank sees</h1>
        <p class="lead">
          Your balance is kept as {inWords(names.length)} numbers, one at each bank. Together they are your money; each
          alone
          {names.length > 2 ? ', and all but one of them together,' : ''} is noise.
        </p>
      </div>
      {account && <AccountChoice accounts={known} chosen={account.account} onChoose={setChosen} />}
      {account?.balance ? (
        <Shares key={account.account} account={account} balance={account.balance.balance} names={names} />
      ) : (
        <Notice>Open an account and look at its balance: then this page shows it with your own numbers.</Notice>
      )}
      <Public />
    </div>
  );
}

interface SharesProps {
  readonly account: Account;
  readonly balance: bigint;
  readonly names: readonly string[];
}

function Shares({ account, balance, names }: SharesProps) {
  const [round, setRound] = useState(0);
  const shares = useMemo(() => split(balance, names.length), [balance, names.length, round]);
  return (
    <>
      <section class="card stack" aria-labelledby="split">
        <div class="row spread">
          <h2 id="split">{accountName(account)}</h2>
          <Button look="quiet" icon="refresh" onClick={() => setRound(round + 1)}>
            Split it again
          </Button>
        </div>
        <div class="split">
          <div class="split-whole">
            <span class="small soft">You see</span>
            <span class="balance">
              <Amount value={balance} />
            </span>
          </div>
          <ul class="split-shares">
            {shares.map((share, i) => (
              <li key={names[i]}>
                <span class="small">{names[i]} sees</span>
                <span class="mono share">{grouped(share.toString())}</span>
              </li>
            ))}
          </ul>
        </div>
        <p class="small soft">
          Added up, and with all multiples of {grouped(p.toString())} taken away, they give{' '}
          {grouped(balance.toString())}
          {(network.value?.scale ?? 0) > 0 ? `, which is ${money(balance, network.value?.scale ?? 0)}` : ''}. These
          shares were made just now on this device, in the way it makes those of every payment; the ones at the banks
          are others of the same kind, and no device ever sees them in one place.
        </p>
      </section>
      <Doubt balance={balance} shares={shares} names={names} />
    </>
  );
}

interface DoubtProps {
  readonly balance: bigint;
  readonly shares: readonly bigint[];
  readonly names: readonly string[];
}

/** One bank's share stays; any balance at all goes with it. */
function Doubt({ balance, shares, names }: DoubtProps) {
  const [asked, setAsked] = useState(0);
  const scale = network.value?.scale ?? 0;
  const unit = 10n ** BigInt(scale);
  const whole = balance / unit;
  const [guess, setGuess] = useState<number>(Number(whole));
  const most = Math.max(1000, Number(whole) * 2);
  const rest = modulo(BigInt(guess) * unit - shares[asked]);
  const others = names.filter((_, i) => i !== asked);
  return (
    <section class="card stack" aria-labelledby="doubt">
      <h2 id="doubt">Ask one bank</h2>
      <p>
        Suppose {names[asked]} wanted to find out. It holds one number, and for every balance there is a number at{' '}
        {others.length === 1 ? others[0] : 'the others'} that fits. Move the balance: what {names[asked]} sees does not
        change.
      </p>
      <fieldset class="row">
        <legend class="visually-hidden">Which bank asks</legend>
        {names.map((name, i) => (
          <Button
            key={name}
            look={i === asked ? 'primary' : 'secondary'}
            aria-pressed={i === asked}
            onClick={() => setAsked(i)}
          >
            {name}
          </Button>
        ))}
      </fieldset>
      <Field label="A balance that you might have">
        {aria => (
          <input
            {...aria}
            type="range"
            class="range"
            min={0}
            max={most}
            step={1}
            value={guess}
            onInput={event => setGuess(Number(textOf(event)))}
          />
        )}
      </Field>
      <dl class="equation">
        <div>
          <dt>If you had</dt>
          <dd class="number">{money(BigInt(guess) * unit, scale)}</dd>
        </div>
        <div class="fixed">
          <dt>{names[asked]} would see</dt>
          <dd class="mono">{grouped(shares[asked].toString())}</dd>
        </div>
        <div>
          <dt>{others.length === 1 ? others[0] : `${listed(others)} together`} would see</dt>
          <dd class="mono">{grouped(rest.toString())}</dd>
        </div>
      </dl>
      <p class="small soft">
        Each share by itself is equally likely to be any number below {grouped(p.toString())}, whatever you own. So it
        is evidence of nothing: not of a balance, not of an amount, not of a verdict. It takes all{' '}
        {inWords(names.length)} banks to open a balance, and they do so only for a holder's viewing key, under a mask
        that this holder alone takes off.
      </p>
    </section>
  );
}

function Public() {
  const pageSize = network.value?.pageSize ?? 1;
  return (
    <section class="stack" aria-labelledby="public">
      <h2 id="public">What the banks do see</h2>
      <ul class="points">
        <li>That somebody has sent a payment, when, and through which bank.</li>
        <li>
          {pageSize > 1
            ? `Which page of ${pageSize} accounts it touches; not which account of it.`
            : 'Which account pays and which is paid, by number. On this ledger pages have one account each.'}
        </li>
        <li>That it was well formed. Not how much it was, and not whether it was paid or cancelled.</li>
        <li>
          That somebody has asked for a balance of that page, and the masked number, which is noise to all but the
          asker.
        </li>
      </ul>
    </section>
  );
}
