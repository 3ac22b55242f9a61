/** What happens, in plain words: errors of the library, steps of a payment, banks that are away. */
import type { Progress } from 'covault/wallet';
import { allBanks, capital, listed } from '../common/format.js';
import type { FailureFacts } from './worker/rpc.js';
import { failureOf } from './worker/rpc.js';
import type { BankState, Job } from './worker/types.js';

const sentences: Readonly<Record<string, string>> = {
  BAD_PASSPHRASE: 'This passphrase does not open the wallet.',
  BAD_AMOUNT: 'Write an amount in digits, like 12 or 12.50.',
  UNKNOWN_ACCOUNT: 'There is no such account on this ledger.',
  SLOT_CLOSED: 'This account is not open yet, so it can neither pay nor be paid.',
  SLOT_OPEN: 'This account has been opened by somebody else.',
  BAD_SIGNATURE: 'This account holds money from the start: opening it needs its claim file.',
  WRONG_NETWORK: 'This belongs to another network of banks.',
  REJECTED: 'The banks rejected it: the keys do not fit the account. Nothing was paid.',
  UNREACHABLE: 'No bank can be reached from here. Nothing was sent. Try again when you are connected.',
  TIMED_OUT: 'There is no answer yet. It is not lost: it can be asked for again.',
  NOT_READY: 'The banks are still getting ready. Try again in a moment.',
  POOL_FULL: 'The banks have more to do than they can take. Try again in a moment.',
  RATE_LIMITED: 'Too many requests for now. Try again in a minute.',
  FILE_EXISTS: 'There is a wallet in this browser already, and it is not overwritten.',
  STORE_LOCKED: 'The wallet is open in another window.',
  BAD_CERTIFICATE: 'A bank shows records that are not signed by all banks. They are not believed.',
  REFERENCE_REUSED: 'This reference was used for another payment.',
  CONSENT_WITHDRAWN: 'This code opens the account no more: its holder has withdrawn it, or it never did.',
  BROKEN: 'Something in this page has failed. Load it again; nothing that was written down is lost.',
};

const addressSentences: Readonly<Record<string, string>> = {
  form: 'An account address starts with cov1.',
  checksum: 'This address is mistyped: its checksum does not fit.',
  version: 'This address is of a later version.',
  network: 'This address belongs to another network of banks.',
  account: 'There is no such account on this ledger.',
  'memo-key': 'This address cannot take a message. Ask the payee for the longer one.',
};

/** A call that goes on for a while: what is happening. */
export function progressSentence(last: Progress | undefined, usual: string): string {
  if (last?.kind === 'waiting' && last.waitingFor.length > 0) return `Waiting for ${listed(last.waitingFor)}`;
  if (last?.kind === 'waiting') return 'The banks are computing together';
  if (last?.kind === 'sent') return `Handed to ${last.bank}`;
  return last?.kind === 'trouble' ? 'No bank can be reached; trying again' : usual;
}

const codeSentences: Readonly<Record<string, string>> = {
  checksum: 'This viewing code is damaged: its checksum does not fit.',
  network: 'This viewing code belongs to another network of banks.',
};

/** One sentence or two, for whoever holds the wallet. */
export function sentenceOf(error: unknown): string {
  const { code, message, facts }: FailureFacts = failureOf(error);
  const why = typeof facts.why === 'string' ? facts.why : '';
  if (code === 'BAD_ADDRESS') return addressSentences[why] ?? 'This is no account address.';
  if (code === 'BAD_VIEWING_CODE') return codeSentences[why] ?? 'This is no viewing code.';
  if (code === 'BAD_SEED_PHRASE' || code === 'BAD_AMOUNT') return `${capital(message)}.`;
  if (code === 'MALFORMED') return `This file cannot be read (${message}).`;
  return sentences[code] ?? `${capital(message)}.`;
}

/** Where a payment stands. */
export function jobSentence({ phase, bank, waitingFor, failure, trouble }: Job): string {
  if (phase === 'settled') return 'Paid';
  if (phase === 'cancelled') return 'Cancelled: not enough money';
  if (phase === 'failed') return failure ? sentenceOf(failure) : 'Not paid';
  if (phase === 'starting') return 'Preparing the payment on this device';
  if (trouble) return 'No bank can be reached; trying again';
  if (waitingFor.length > 0) return `Waiting for ${listed(waitingFor)}`;
  if (phase === 'stored') return 'Written down on this device; handing it to a bank';
  if (phase === 'recorded') return 'Decided; the banks are signing the record';
  return phase === 'sent' ? `Handed to ${bank}` : 'The banks are computing together';
}

export const isOpenJob = ({ phase }: Job) => !['settled', 'cancelled', 'failed'].includes(phase);

interface NetworkWords {
  readonly look: 'good' | 'warn' | 'bad' | 'plain';
  readonly short: string;
  readonly long: string;
  readonly missing: readonly string[];
}

/** Whether the banks can work, and who is missing. A bank counts as away when the others miss it, too. */
export function networkWords(banks: readonly BankState[]): NetworkWords {
  const missed = new Set(banks.flatMap(bank => bank.waitingFor));
  const unheard = banks.filter(({ state }) => state === 'away').map(({ name }) => name);
  const answering = banks.filter(({ state }) => ['working', 'alone', 'halted'].includes(state));
  const halted = banks.filter(({ state }) => state === 'halted').map(({ name }) => name);
  if (banks.length === 0 || banks.every(({ state }) => state === 'unknown')) {
    return { look: 'plain', short: 'Asking the banks', long: 'Asking the banks how they are.', missing: [] };
  }
  if (answering.length === 0) {
    const long = 'No bank answers from here. Payments that you have made are kept on this device and go on later.';
    return { look: 'bad', short: 'No bank answers', long, missing: unheard };
  }
  if (halted.length > 0) {
    const long = `${listed(halted)} has stopped: the banks must settle something among themselves. Your money stays where it is.`;
    return { look: 'bad', short: 'The banks have stopped', long, missing: halted };
  }
  const missing = [...new Set([...missed].filter(name => banks.find(bank => bank.name === name)?.state !== 'working'))];
  const away = missing.length > 0 ? missing : unheard.filter(name => missed.has(name));
  if (away.length > 0) {
    const long = `Every decision takes all banks, so that none can decide alone. Until ${listed(away)} is back, payments wait: they are kept and go on by themselves.`;
    return { look: 'warn', short: `Waiting for ${listed(away)}`, long, missing: away };
  }
  if (unheard.length > 0) {
    const long = `${listed(unheard)} works with the other banks, but does not answer this device. That changes nothing: any bank takes any payment.`;
    return { look: 'good', short: capital(`${allBanks(banks.length)} at work`), long, missing: [] };
  }
  const long = `${listed(banks.map(({ name }) => name))} are connected and at work.`;
  return { look: 'good', short: capital(`${allBanks(banks.length)} at work`), long, missing: [] };
}
