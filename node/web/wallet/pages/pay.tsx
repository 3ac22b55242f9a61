/** Pay: whom, how much; a look at it; and then it is on its way whatever happens to this page. */
import { useState } from 'preact/hooks';
import { onSubmit, useAction } from '../../common/action.js';
import { Button, Notice } from '../../common/components.js';
import { money } from '../../common/format.js';
import { TextField } from '../../common/text-field.js';
import { useAnswer } from '../../common/use-answer.js';
import { accountName } from '../format.js';
import { AccountChoice } from '../parts/account-choice.js';
import { BanksNotice } from '../parts/banks-line.js';
import { payeeName } from '../parts/entry-list.js';
import { PaymentFacts } from '../parts/payment-facts.js';
import { ScanButton } from '../parts/scan.js';
import { go, place } from '../router.js';
import { network, service, snapshot } from '../session.js';
import { sentenceOf } from '../words.js';
import type { Account } from '../worker/types.js';

interface Payee {
  readonly account: number;
  readonly address: string;
  readonly takesMemo: boolean;
}

interface Draft {
  readonly from: Account;
  readonly to: Payee & { readonly text: string };
  readonly amount: bigint;
  /** Sealed to the payee; an empty one still tells that and how much was paid. */
  readonly memo: string | undefined;
}

export function PayPage() {
  const [draft, setDraft] = useState<Draft | undefined>(undefined);
  const open = snapshot.value.accounts.filter(({ state }) => state === 'open');
  if (open.length === 0) {
    return (
      <div class="narrow stack">
        <h1>Pay</h1>
        <Notice>Open an account first: then you can pay from it.</Notice>
        <a class="button primary" href="#/open-account">
          Open an account
        </a>
      </div>
    );
  }
  return (
    <div class="narrow stack">
      <h1>{draft ? 'Is this right?' : 'Pay'}</h1>
      <BanksNotice />
      <div hidden={draft !== undefined}>
        <Form accounts={open} onDraft={setDraft} />
      </div>
      {draft && <Review draft={draft} back={() => setDraft(undefined)} />}
    </div>
  );
}

function Form({
  accounts,
  onDraft,
}: {
  readonly accounts: readonly Account[];
  readonly onDraft: (draft: Draft) => void;
}) {
  const { query } = place.value;
  const [from, setFrom] = useState(Number(query.get('from') ?? accounts[0].account));
  const [to, setTo] = useState(query.get('to') ?? '');
  const [amount, setAmount] = useState('');
  const [memo, setMemo] = useState('');
  const payee = usePayee(to);
  const [amountError, setAmountError] = useState<string | undefined>(undefined);
  const payer = accounts.find(({ account }) => account === from) ?? accounts[0];
  const action = useAction(sentenceOf);

  const next = () =>
    void action.run(async () => {
      const read = await service.readAmount(amount.trim().replace(',', '.')).catch(error => {
        setAmountError(sentenceOf(error));
      });
      if (read === 0n) setAmountError('Nothing to pay: write more than zero.');
      const target = await service.readPayee(to.trim()); // its error is shown at the field already
      if (read) {
        const draft = { from: payer, to: { ...target, text: to.trim() }, amount: read };
        onDraft({ ...draft, memo: target.takesMemo ? memo.trim() : undefined });
      }
    });
  const isSelf = payee.found?.account === payer.account;
  const isMemoLong = memoExcess(memo) > 0;
  const payeeError = isSelf ? 'This is the account that pays.' : payee.error;
  return (
    <form class="card stack" onSubmit={onSubmit(next)}>
      <AccountChoice
        label="From"
        accounts={accounts}
        chosen={payer.account}
        withBalance
        onChoose={account => setFrom(account ?? payer.account)}
      />
      <TextField
        label="To"
        hint={
          payee.found && !isSelf
            ? `The address is right: ${payeeName(payee.found.account)}.`
            : 'The address of an account: it begins with cov1.'
        }
        error={payeeError}
        class="mono"
        rows={2}
        autocapitalize="off"
        spellcheck={false}
        value={to}
        onInput={setTo}
      />
      <ScanButton onText={text => setTo(text.toLowerCase())} />
      <TextField
        label="Amount"
        hint={balanceHint(payer)}
        error={amountError}
        class="amount"
        inputMode="decimal"
        placeholder={money(0n, network.value?.scale ?? 0)}
        value={amount}
        onInput={text => {
          setAmount(text);
          setAmountError(undefined);
        }}
      />
      {payee.found?.takesMemo && !isSelf && <Memo value={memo} onInput={setMemo} />}
      <Button look="primary" type="submit" wide disabled={isMemoLong || !payee.found || isSelf || amount.trim() === ''}>
        Go on
      </Button>
    </form>
  );
}

/** Bytes more than a sealed message has room for. */
const memoExcess = (text: string) => new TextEncoder().encode(text.trim()).length - (network.value?.memoBytesMax ?? 0);

function Memo({ value, onInput }: { readonly value: string; readonly onInput: (value: string) => void }) {
  const over = memoExcess(value);
  return (
    <TextField
      label="Message to the payee (optional)"
      hint="Sealed to the payee alone. The banks learn neither what it says nor whom it is for."
      error={over > 0 ? `Too long by ${over}.` : undefined}
      value={value}
      onInput={onInput}
    />
  );
}

const balanceHint = ({ balance }: Account) =>
  balance ? `Balance when last asked: ${money(balance.balance, network.value?.scale ?? 0)}` : undefined;

const typingMs = 250;

/** Checked while it is typed; an unfinished one is not yet a mistake. */
function usePayee(text: string) {
  const asked = text.replace(/\s/g, '');
  const read = async (signal: AbortSignal): Promise<Payee | undefined> => {
    await new Promise(next => setTimeout(next, typingMs));
    return signal.aborted ? undefined : service.readPayee(asked);
  };
  const { value: found, error } = useAnswer(signal => (asked === '' ? undefined : read(signal)), [asked]);
  return { found, error: error === undefined ? undefined : sentenceOf(error) };
}

function Review({ draft, back }: { readonly draft: Draft; readonly back: () => void }) {
  const { from, to, amount, memo } = draft;
  const action = useAction(sentenceOf);
  const pay = () =>
    void action.run(async () => {
      const reference = await service.pay({
        from: from.account,
        to: to.text.replace(/\s/g, '').toLowerCase(),
        amount,
        memo,
      });
      go(`/payment?reference=${encodeURIComponent(reference)}`);
    });
  return (
    <div class="card stack">
      <PaymentFacts amount={amount} to={to.account} address={to.address} from={accountName(from)} memo={memo} />
      <p class="small soft">
        If the account holds less, nothing is paid and only you learn it: to the banks a cancelled payment looks like
        any other.
      </p>
      {action.error && <Notice look="bad">{action.error}</Notice>}
      <div class="row">
        <Button look="primary" icon="send" busy={action.isBusy} onClick={pay}>
          Pay
        </Button>
        <Button look="quiet" icon="back" disabled={action.isBusy} onClick={back}>
          Change it
        </Button>
      </div>
      {action.isBusy && (
        <p class="small soft" role="status">
          Writing the payment down on this device
        </p>
      )}
    </div>
  );
}
