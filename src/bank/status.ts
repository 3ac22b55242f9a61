/**
 * What a bank says of itself to its operator. Nothing in it is a secret.
 */
import type { Agreement, Blame } from '../agreement/index.js';
import { toHex } from '../crypto/index.js';
import type { Network } from '../network/index.js';
import type { BankStatus, PeerStatus } from './api.js';
import type { Session } from './session.js';

/** Why a bank has halted: on the word of `accuser` (roster index), which may be another bank's; or from trouble of its own. */
export type Halt = (Blame & { readonly accuser: number }) | { readonly why: string };

export interface LinkState {
  readonly connected: boolean;
  /** By the bank's clock, milliseconds. */
  readonly since: number;
  /** Of its software, as it last said. */
  readonly version?: string;
}

export interface StatusSources extends Pick<BankStatus, 'pool' | 'counters' | 'recovery'> {
  readonly network: Network;
  readonly self: number;
  /** By the bank's clock, milliseconds. */
  readonly now: number;
  readonly agreement: Pick<Agreement, 'height' | 'finalHeight' | 'standing'>;
  readonly session: Session | undefined;
  readonly isStockReady: boolean;
  readonly halted: Halt | undefined;
  /** Banks that a session waits for. */
  readonly missing: readonly number[];
  /** Banks that the agreement has waited for, for a while. */
  readonly awaited: readonly number[];
  /** By bank. */
  readonly links: readonly LinkState[];
}

const none = { made: 0, used: 0 } as const;

export function bankStatus(sources: StatusSources): BankStatus {
  const { network, self, agreement, session, isStockReady, missing, awaited, pool, counters } = sources;
  const { height, finalHeight, standing } = agreement;
  const name = (bank: number) => network.banks[bank].name;
  const computing = session?.waitingFor(!isStockReady || standing.phase === 'running') ?? [];
  return {
    name: name(self),
    networkId: toHex(network.id),
    height,
    finalHeight,
    attempt: standing.attempt,
    phase: phaseOf(sources),
    ...haltOf(sources),
    ...(sources.recovery && { recovery: sources.recovery }),
    waitingFor: ([missing, computing].find(banks => banks.length > 0) ?? awaited).map(name),
    peers: others(sources).map(bank => ({ name: name(bank), ...linkOf(sources, bank) })),
    pool,
    stock: session?.levels ?? { vole: none, triples: none, selections: none },
    ...preprocessingOf(sources),
    counters,
  };
}

function haltOf({ halted, self, network }: StatusSources): Pick<BankStatus, 'halted' | 'evidence'> {
  if (!halted || !('accuser' in halted)) return { halted: halted?.why };
  const { kind, why, culprit, accuser } = halted;
  const name = (bank: number) => network.banks[bank].name;
  const named = culprit === undefined ? {} : { culprit: name(culprit) };
  return { halted: sentenceOf(halted, self, name), evidence: { kind, accuser: name(accuser), ...named, why } };
}

/** A bank is named in brackets on this bank's own evidence alone; what another says is given as its word. */
function sentenceOf(
  { why, culprit, accuser }: Blame & { readonly accuser: number },
  self: number,
  name: (bank: number) => string,
): string {
  if (accuser === self) return culprit === undefined ? why : `${why} (bank ${name(culprit)})`;
  const accuses = culprit === undefined ? '' : `, which accuses ${name(culprit)}`;
  return `told by ${name(accuser)}${accuses}: ${why}`;
}

function phaseOf({ halted, session, isStockReady, agreement }: StatusSources): BankStatus['phase'] {
  if (halted) return 'halted';
  if (!session) return 'connecting';
  if (!isStockReady) return 'preparing';
  return agreement.standing.phase === 'proposing' ? 'idle' : 'settling';
}

const others = ({ network, self }: StatusSources): number[] =>
  network.banks.flatMap((_, bank) => (bank === self ? [] : [bank]));

function linkOf({ links, now }: StatusSources, bank: number): Omit<PeerStatus, 'name'> {
  const { since, ...link } = links[bank];
  return { ...link, sinceMs: Math.round(now - since) };
}

function preprocessingOf(sources: StatusSources): Pick<BankStatus, 'preprocessing'> {
  const work = sources.session?.work;
  if (!work) return {};
  const peers = others(sources).map(bank => ({ name: sources.network.banks[bank].name, ...work.peers[bank] }));
  return { preprocessing: { ...work, peers } };
}
