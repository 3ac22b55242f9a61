/** One payment: where it stands, step by step, and its verdict, which is its payer's alone. */
import type { HistoryEntry } from 'covault/wallet';
import { Busy, Notice } from '../../common/components.js';
import { allBanks, listed } from '../../common/format.js';
import { Icon } from '../../common/icons.js';
import { useAnswer } from '../../common/use-answer.js';
import { PaymentFacts } from '../parts/payment-facts.js';
import { place } from '../router.js';
import { network, service, snapshot } from '../session.js';
import { isOpenJob, jobSentence } from '../words.js';
import type { Job } from '../worker/types.js';

export function PaymentPage() {
  const reference = place.value.query.get('reference') ?? '';
  const job = snapshot.value.jobs.find(known => known.reference === reference);
  const entry = useSent(reference);
  const { to, amount, memo } = job ?? entry ?? {};
  if (!job && entry === undefined) return <Busy>Looking for the payment</Busy>;
  if (to === undefined || amount === undefined)
    return <Notice look="bad">There is no such payment in this wallet.</Notice>;
  return (
    <div class="narrow stack">
      <h1>Payment</h1>
      <div class="card stack">
        {job ? <JobState {...job} /> : entry && <Verdict phase={phases[entry.state]} />}
        <PaymentFacts amount={amount} to={to} memo={memo} reference={reference} />
      </div>
      <div class="row">
        <a class="button secondary" href="#/">
          <Icon name="back" />
          Accounts
        </a>
        <a class="button quiet" href="#/pay">
          Pay again
        </a>
      </div>
    </div>
  );
}

type Sent = Extract<HistoryEntry, { kind: 'sent' }>;

const phases = { pending: 'stored', paid: 'settled', cancelled: 'cancelled', failed: 'failed' } as const;

/** An old payment is looked for in all of the history: `null` when it is in none, nothing while that is not known. */
function useSent(reference: string): Sent | null | undefined {
  const isIt = (entry: HistoryEntry): entry is Sent => entry.kind === 'sent' && entry.reference === reference;
  const found = snapshot.value.history.find(isIt);
  const isMissing = found === undefined;
  const search = async () => (await service.history({})).find(isIt) ?? null;
  const older = useAnswer(() => (isMissing ? search() : undefined), [reference, isMissing]).value;
  return found ?? older;
}

function JobState(job: Job) {
  if (!isOpenJob(job))
    return <Verdict phase={job.phase} words={job.phase === 'failed' ? jobSentence(job) : undefined} />;
  return (
    <>
      <Steps {...job} />
      {job.waitingFor.length > 0 && (
        <Notice look="warn" title={`Waiting for ${listed(job.waitingFor)}`}>
          {`Every payment takes ${allBanks(network.value?.banks.length ?? 0)}. It is kept on this device and goes on by itself when ${listed(job.waitingFor)} is back; you may close this page.`}
        </Notice>
      )}
      {job.trouble && (
        <Notice look="warn" title="No bank can be reached">
          The payment is written down on this device. It is tried again every few seconds, and the next time you open
          the wallet.
        </Notice>
      )}
    </>
  );
}

const steps = [
  ['stored', 'Written down on this device'],
  ['sent', 'Split into shares, sealed, handed to a bank'],
  ['computing', 'All banks check it together, without seeing it'],
  ['recorded', 'All banks sign the record'],
] as const;
const order = ['starting', 'stored', 'sent', 'computing', 'recorded'];

function Steps(job: Job) {
  const at = order.indexOf(job.phase);
  return (
    <div class="stack" role="status" aria-live="polite">
      <p class="row">
        <span class="spinner" aria-hidden="true" />
        <strong>{jobSentence(job)}</strong>
      </p>
      <ol class="steps">
        {steps.map(([phase, words]) => {
          const place = order.indexOf(phase);
          // being at a step means that all before it are done; the first two are done as soon as they are said
          const isDone = place < at || (place === at && place <= 2);
          return (
            <li key={phase} class={isDone ? 'done' : place === at ? 'now' : ''}>
              <Icon name={isDone ? 'check' : 'clock'} size={16} />
              {words}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

const verdicts = {
  settled: { look: 'good', icon: 'check', said: 'Paid', more: undefined },
  cancelled: {
    look: 'bad',
    icon: 'x',
    said: 'Cancelled: not enough money',
    more: 'Nothing has moved. Only you can read this: to the banks it looks like any other payment, and the payee saw nothing.',
  },
} as const;

function Verdict({ phase, words }: { readonly phase: Job['phase']; readonly words?: string | undefined }) {
  if (phase === 'failed')
    return (
      <Notice look="bad" title="Not paid">
        {words ?? 'Nothing was paid, and nothing is under way.'}
      </Notice>
    );
  if (phase !== 'settled' && phase !== 'cancelled') return <p role="status">Under way</p>;
  const { look, icon, said, more } = verdicts[phase];
  return (
    <div class={`verdict ${look}`} role="status">
      <span class={`seal large ${look}`}>
        <Icon name={icon} size={28} />
      </span>
      <p class="verdict-words">{said}</p>
      {more && <p class="small soft">{more}</p>}
    </div>
  );
}
