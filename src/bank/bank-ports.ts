/**
 * All that a bank has of the outside.
 */
import type { CovaultError } from '../errors.js';
import type { Network } from '../network/index.js';
import type { Channel, Clock, Log, Randomness, Store } from '../ports.js';
import type { Party } from '../sharing/index.js';
import type { Intake } from './intake.js';
import type { Rekeying } from './rekeying.js';
import type { LiveStock } from './session.js';
import type { Transport } from './transport.js';

/** What a host brings a bank to life with. */
export interface BankPorts {
  readonly network: Network;
  /** Roster index and MAC keys. */
  readonly party: Party;
  /** Ed25519 seed, 32 bytes: one array for the process's life. */
  readonly identitySeed: Uint8Array;
  /** Opens what is sealed to this bank. */
  readonly intake: Intake;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly log: Log;
  readonly transport: Transport;
  /**
   * Makes the stock of one session over its preprocessing channel. `mayStartFresh`: this bank's log holds no record.
   * `deviated` is called at once with whatever names a bank, even while the session ends for another reason.
   */
  readonly openStock: (
    sessionId: Uint8Array,
    channel: Channel,
    mayStartFresh: boolean,
    deviated: (error: CovaultError) => void,
  ) => Promise<LiveStock>;
  /** Where a re-keying takes its proofs from and puts its stocks; seam for tests: the group of its base OTs. */
  readonly rekeying: Rekeying;
  /** All is under new MAC keys on the disk: this bank does nothing more, and is opened anew. */
  readonly rekeyed: () => void;
  /** The link elements that this bank gets back when it is rebuilt: goes into its recovery entries. */
  readonly reservedLinks: () => Promise<Uint8Array>;
}
