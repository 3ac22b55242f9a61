/** Payments under way and decided, as a list that leads to each of them. */
import type { PaymentInfo } from 'covault/wallet';
import { Icon, type IconName } from '../../common/icons.js';
import { accountName } from '../format.js';
import { snapshot } from '../session.js';
import { isOpenJob, jobSentence } from '../words.js';
import type { Job } from '../worker/types.js';
import { Amount } from './amount.js';

type Look = 'good' | 'bad' | 'warn';

interface Line {
  readonly reference: string;
  readonly to: number;
  readonly amount: bigint;
  readonly words: string;
  readonly look: Look;
}

const icons: Record<Look, IconName> = { good: 'check', bad: 'x', warn: 'clock' };
const states: Record<PaymentInfo['state'], readonly [Look, string]> = {
  pending: ['warn', 'Under way'],
  settled: ['good', 'Paid'],
  cancelled: ['bad', 'Cancelled: not enough money'],
  dead: ['bad', 'Not paid'],
};

/** Jobs as they come, payments newest first. */
export function PaymentList({
  jobs,
  payments,
}: {
  readonly jobs: readonly Job[];
  readonly payments: readonly PaymentInfo[];
}) {
  const fromJobs = jobs.map((job): Line => ({ ...job, words: jobSentence(job), look: jobLook(job) }));
  const fromPayments = [...payments].reverse().map((payment): Line => {
    const [look, words] = states[payment.state];
    return { ...payment, words, look };
  });
  return (
    <ul class="payments card">
      {[...fromJobs, ...fromPayments].map(line => (
        <PaymentLine key={line.reference} {...line} />
      ))}
    </ul>
  );
}

const jobLook = (job: Job): Look => (isOpenJob(job) ? 'warn' : job.phase === 'settled' ? 'good' : 'bad');

function PaymentLine({ reference, to, amount, words, look }: Line) {
  return (
    <li>
      <a href={`#/payment?reference=${encodeURIComponent(reference)}`}>
        <span class={`seal ${look}`}>
          <Icon name={icons[look]} size={18} />
        </span>
        <span class="stack payment-words">
          <span class="payment-to">{payeeName(to)}</span>
          <span class="small soft">{words}</span>
        </span>
        <span class={look === 'good' ? 'payment-amount' : 'payment-amount soft'}>
          <Amount value={-amount} />
        </span>
      </a>
    </li>
  );
}

/** An own account by its name. */
export function payeeName(account: number): string {
  const own = snapshot.value.accounts.find(known => known.account === account);
  return own ? accountName(own) : `Account ${account}`;
}
