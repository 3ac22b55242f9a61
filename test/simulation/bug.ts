/**
 * A bug that is switched on in a run, at one of the seams between a bank and its ports. `canaries.ts` has one for each
 * checker, which must find it.
 */
import type { Network } from '../../src/network/index.js';
import type { StoreOp } from '../../src/ports.js';
import type { Reserved } from '../../src/preprocessing/index.js';
import type { Carries } from './channels.js';
import type { Told } from './observer.js';
import type { Order } from './workload.js';

export interface Bug {
  /** What a disk takes of a transaction. */
  readonly takes?: (bank: number, ops: readonly StoreOp[]) => readonly StoreOp[];
  readonly carries?: Carries;
  /** What a stock hands out. */
  readonly hands?: (bank: number, lot: Reserved) => Reserved;
  /** The network as banks believe it to be. */
  readonly believes?: (network: Network) => Network;
  /** What a holder's program seals in an order's place. */
  readonly seals?: (order: Order) => Order;
  /** What a gateway says. */
  readonly tells?: (told: Told) => Told;
}
