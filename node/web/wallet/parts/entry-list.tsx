/** What happened, as a list: sent with its verdict, received, changes that only look-ups show, look-ups. */
import type { HistoryEntry } from 'covault/wallet';
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '../../common/icons.js';
import { accountName, timeOf } from '../format.js';
import { snapshot } from '../session.js';
import { isOpenJob, jobSentence } from '../words.js';
import { Amount } from './amount.js';

type Look = 'good' | 'bad' | 'warn' | 'plain';
type Sent = Extract<HistoryEntry, { kind: 'sent' }>;

export function EntryList({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  return (
    <ul class="payments card">
      {entries.map(entry => (
        <li key={keyOf(entry)}>
          <EntryLine entry={entry} />
        </li>
      ))}
    </ul>
  );
}

function keyOf(entry: HistoryEntry): string {
  const { kind, account, height } = entry;
  return kind === 'sent'
    ? `sent ${entry.reference}`
    : `${kind} ${account} ${height} ${'amount' in entry ? entry.amount : ''}`;
}

function EntryLine({ entry }: { readonly entry: HistoryEntry }) {
  if (entry.kind === 'sent') return <SentLine entry={entry} />;
  if (entry.kind === 'received') {
    const from = entry.from === undefined ? 'Received' : `From ${payeeName(entry.from)}`;
    return (
      <Line icon="arrowDown" look="good" title={from} memo={entry.memo} words={into(entry.account, entry.time)}>
        <Amount value={entry.amount} signed />
      </Line>
    );
  }
  if (entry.kind === 'other') {
    const title = entry.change > 0n ? 'Received, without a message' : 'Paid from another device';
    const words = `seen between heights ${entry.sinceHeight} and ${entry.height}`;
    return (
      <Line
        icon={entry.change > 0n ? 'arrowDown' : 'send'}
        look={entry.change > 0n ? 'good' : 'plain'}
        title={title}
        words={words}
      >
        <Amount value={entry.change} signed />
      </Line>
    );
  }
  return (
    <Line
      icon="eye"
      look="plain"
      title="Balance"
      words={`${into(entry.account, entry.time)}, at height ${entry.height}`}
      isSoft
    >
      <Amount value={entry.balance} />
    </Line>
  );
}

/** Which account it was, if there are several, and when. */
function into(account: number, time: number | undefined): string {
  const many = snapshot.value.accounts.length > 1;
  return [many && payeeName(account), time !== undefined && timeOf(time)].filter(Boolean).join(', ');
}

const states: Record<Sent['state'], readonly [Look, IconName, string]> = {
  pending: ['warn', 'clock', 'Under way'],
  paid: ['good', 'check', 'Paid'],
  cancelled: ['bad', 'x', 'Cancelled: not enough money'],
  failed: ['bad', 'x', 'Not paid'],
};

function SentLine({ entry }: { readonly entry: Sent }) {
  const job = snapshot.value.jobs.find(({ reference }) => reference === entry.reference);
  const [look, icon, words] = states[entry.state];
  const state = entry.state === 'pending' && job && isOpenJob(job) ? jobSentence(job) : words;
  const when = entry.time === undefined ? '' : `, ${timeOf(entry.time)}`;
  return (
    <a href={`#/payment?reference=${encodeURIComponent(entry.reference)}`}>
      <Line
        icon={icon}
        look={look}
        title={`To ${payeeName(entry.to)}`}
        memo={entry.memo}
        words={`${state}${when}`}
        isSoft={look !== 'good'}
      >
        <Amount value={-entry.amount} />
      </Line>
    </a>
  );
}

interface LineProps {
  readonly icon: IconName;
  readonly look: Look;
  readonly title: string;
  readonly memo?: string | undefined;
  readonly words: string;
  /** Nothing has moved. */
  readonly isSoft?: boolean;
  readonly children: ComponentChildren;
}

function Line({ icon, look, title, memo, words, isSoft = false, children }: LineProps) {
  return (
    <span class="payment-line">
      <span class={`seal ${look}`}>
        <Icon name={icon} size={18} />
      </span>
      <span class="stack payment-words">
        <span class="payment-to">{title}</span>
        {memo && <q class="break">{memo}</q>}
        <span class="small soft">{words}</span>
      </span>
      <span class={isSoft ? 'payment-amount soft' : 'payment-amount'}>{children}</span>
    </span>
  );
}

/** An own account by its name. */
export function payeeName(account: number): string {
  const own = snapshot.value.accounts.find(known => known.account === account);
  return own ? accountName(own) : `Account ${account}`;
}
