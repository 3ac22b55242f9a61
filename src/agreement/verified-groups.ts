/**
 * Sponsors' signatures that this bank has verified: each once, though its group comes in several frames.
 *
 * Remembered is only what was verified, under all that a verification looks at: the statement (network, sponsor, first
 * number, size, root) and the signature itself, so that no other signature rides along and is kept as evidence. Bounded by
 * sponsor: none pushes out what another's use.
 */
import { toHex } from '../crypto/index.js';
import type { Verify } from '../ledger/log.js';
import { verifiedGroupsMax } from '../limits.js';
import type { Network } from '../network/index.js';
import { type Announcement, groupStatement, isOfItsGroup, type SignedGroup } from './announcement.js';

export class VerifiedGroups {
  readonly #network: Network;
  readonly #verify: Verify;
  /** By sponsor: statement and signature in hex, in the order in which they came. */
  readonly #names: readonly Set<string>[];
  /** Those that were handed in. */
  readonly #groups = new WeakSet<SignedGroup>();

  constructor(network: Network, verify: Verify) {
    this.#network = network;
    this.#verify = verify;
    this.#names = network.banks.map(() => new Set());
  }

  /** Has its sponsor signed it? */
  holds(announcement: Announcement): boolean {
    return isOfItsGroup(announcement) && (this.#groups.has(announcement.group) || this.#isSigned(announcement.group));
  }

  #isSigned(group: SignedGroup): boolean {
    const names = this.#names[group.sponsor];
    const statement = groupStatement(this.#network.id, group);
    const name = toHex(statement) + toHex(group.signature);
    if (!names.has(name)) {
      if (!this.#verify(group.sponsor, statement, group.signature)) return false;
      names.add(name);
      const [oldest] = names;
      if (names.size > verifiedGroupsMax) names.delete(oldest);
    }
    this.#groups.add(group);
    return true;
  }
}
