/**
 * What one bank offers to its gateway: the whole of it, so that the HTTP server, a test and a simulation see the same.
 *
 * Not here: the bank itself (`bank.ts`).
 */
import type { FoundMemos } from './memo-log.js';

/** Where an envelope stands, as this bank sees it. */
export type EnvelopeState =
  /** Nothing under this id: never arrived here, or forgotten after its expiry. */
  | { readonly state: 'unknown' }
  /** Arrived; not in a record yet. */
  | { readonly state: 'pending' }
  /** In a certified record; final once all banks have said that they committed it. */
  | { readonly state: 'recorded' | 'final'; readonly height: number };

/** A record as it is handed out: canonical bytes (`ledger/record.ts`, `ledger/certificate.ts`). */
export interface RecordBytes {
  readonly height: number;
  readonly record: Uint8Array;
  /** List of commitments and signatures, by bank (`writeCertificate`). */
  readonly certificate: Uint8Array;
  /** All banks' `committed` signatures, 64 bytes each, where this bank holds all of them; else the next record proves it. */
  readonly committed: readonly Uint8Array[] | undefined;
}

/** Another bank, and whether it is connected. */
export interface PeerStatus {
  readonly name: string;
  readonly connected: boolean;
  /** Milliseconds since it came or went. */
  readonly sinceMs: number;
  /** Of its software, as it last said; nothing before it has. */
  readonly version?: string;
}

/** One kind of correlation, in this session. Every pair of banks has made as many: lots are made by all at once. */
export interface StockLevel {
  readonly made: number;
  readonly used: number;
  /** The rest is known of a stock that runs in a thread of its own, of kinds that the network needs. */
  readonly low?: number;
  readonly high?: number;
  /** Over the last half minute. */
  readonly madePerSecond?: number;
  readonly usedPerSecond?: number;
  /** Until it runs dry, were none made and as much used as now. Left out while none is used. */
  readonly secondsLeft?: number;
}

/** What making stock has cost this process, all its sessions together. */
export interface PreprocessingWork {
  readonly peers: readonly PreprocessingBytes[];
  /** Seconds in which the thread was not idle. */
  readonly busySeconds: number;
  /** The same as a part of the time, 0 to 1, over the last half minute. */
  readonly busy: number;
  /** Threads that ended on their own. */
  readonly threadsLost: number;
}

/** Bytes to and from another bank, since the process started. */
export interface PreprocessingBytes {
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Who accuses whom, and why; banks by name. */
export interface EvidenceStatus {
  /** Proof convinces anybody, an accusation only the bank that saw what it is about. */
  readonly kind: 'proof' | 'accusation';
  readonly accuser: string;
  /** Left out where the protocol names nobody. */
  readonly culprit?: string;
  readonly why: string;
}

/** What is under way, or was done when this process started, to bring the network on after a halt. */
export interface RecoveryStatus {
  /** A pardon that all banks have signed is being carried out: the ledger comes under new MAC keys. */
  readonly rekeying?: true;
  /** It has signed to adopt that attempt, and waits until all banks have. */
  readonly adopting?: PlaceStatus;
  /** All banks have: it was committed at the start of this process. */
  readonly adopted?: PlaceStatus;
}

/** An attempt at a height. */
export interface PlaceStatus {
  readonly height: number;
  readonly attempt: number;
}

/** What a bank says of itself. No figure is of an account, and banks go by name. */
export interface BankStatus {
  readonly name: string;
  readonly networkId: string;
  readonly height: number;
  readonly finalHeight: number;
  readonly attempt: number;
  /** 'halted' carries a reason without secrets. */
  readonly phase: 'connecting' | 'preparing' | 'idle' | 'settling' | 'halted';
  readonly halted: string | undefined;
  /** What it has halted with: its own stays over restarts; what it was told, it is told again in the next session. */
  readonly evidence?: EvidenceStatus;
  readonly recovery?: RecoveryStatus;
  /** Names of the banks it waits for. */
  readonly waitingFor: readonly string[];
  readonly peers: readonly PeerStatus[];
  readonly pool: { readonly known: number; readonly ready: number };
  readonly stock: Readonly<Record<'vole' | 'triples' | 'selections', StockLevel>>;
  /** Where a thread makes the stock. */
  readonly preprocessing?: Omit<PreprocessingWork, 'peers'> & {
    readonly peers: readonly (PreprocessingBytes & { readonly name: string })[];
  };
  /** Counters since the process started. */
  readonly counters: {
    readonly blocks: number;
    readonly settled: number;
    readonly rejected: number;
    readonly voids: number;
    readonly failedChecks: number;
    /** Sessions that ended because another bank said nothing while correlations were made. */
    readonly stalls: number;
    readonly messages: number;
    readonly bytesSent: number;
  };
}

/** What a bank offers to its gateway. */
export interface BankService {
  /**
   * Takes an envelope as its sponsor. Idempotent: the same bytes again give the same id.
   * Throws: MALFORMED, OVERSIZED, WRONG_NETWORK, WRONG_ROSTER, EXPIRED, EXPIRY_TOO_FAR, UNKNOWN_ACCOUNT, SLOT_CLOSED,
   * SLOT_OPEN, BAD_SIGNATURE, SEEN_BEFORE, PACKET_UNREADABLE (this bank's own packet), POOL_FULL, NOT_READY.
   */
  submit(envelope: Uint8Array): Promise<Uint8Array>;
  /** Where an envelope stands, by its id of 32 bytes. */
  envelope(id: Uint8Array): Promise<EnvelopeState>;
  /** Resolves when the state differs from `known`, or after `ms`, or when aborted. */
  envelopeChange(
    id: Uint8Array,
    known: EnvelopeState['state'],
    ms: number,
    signal: AbortSignal,
  ): Promise<EnvelopeState>;
  /** Ascending from `from` (the first is 1), at most `count`. */
  records(from: number, count: number): Promise<readonly RecordBytes[]>;
  /** Settled transfers from that height on, with their memos: to accounts of that page, or of all. `next`: where to go on. */
  memos(from: number, page: number | undefined): Promise<FoundMemos>;
  /** Accounts this bank's ledger shows as open; all slots in ascending order, from `from`, at most `count`. */
  openAccounts(from: number, count: number): readonly number[];
  /** Makes, signs and submits an audit: the operator's. Returns the envelope id. */
  audit(): Promise<Uint8Array>;
  /** As it is now. */
  status(): BankStatus;
  /** What this bank keeps of another, by name: a file in pieces (`copy.ts`). None for a bank that is no other. */
  copyOf(name: string): AsyncIterable<Uint8Array> | undefined;
}
