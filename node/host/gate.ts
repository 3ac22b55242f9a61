/**
 * The roster gate: banks of the network file get a connection, nobody else does, in either direction.
 *
 * A peer id is a bank's Ed25519 identity key, and noise proves it, so that the gate closes on a stranger after the
 * handshake that names it and before a muxer or any protocol runs. Until then a stranger costs one pending connection,
 * of which there is a bounded number (`host.ts`).
 */
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import type { Network } from '../../src/network/index.js';
import type { Clock, Log } from '../../src/ports.js';

/** Banks by index, as libp2p names them. */
export class Roster {
  readonly self: number;
  readonly names: readonly string[];
  readonly ids: readonly PeerId[];
  readonly #indices: ReadonlyMap<string, number>;

  constructor(network: Network, self: number) {
    this.self = self;
    this.names = network.banks.map(bank => bank.name);
    this.ids = network.banks.map(bank => peerIdFromPublicKey(publicKeyFromRaw(bank.identityKey)));
    this.#indices = new Map(this.ids.map((id, index) => [id.toString(), index]));
  }

  /** Of another bank; undefined for strangers and for this bank itself. */
  indexOf(id: PeerId): number | undefined {
    const index = this.#indices.get(id.toString());
    return index === this.self ? undefined : index;
  }

  /** Of two banks that could dial each other the one with the lower peer id does, so that they end with one connection. */
  dialsFirst(index: number): boolean {
    return this.ids[this.self].toString() < this.ids[index].toString();
  }
}

/** A line for strangers at most this often: knocking must not fill a disk. */
const tellEveryMs = 10_000;

export function rosterGate(roster: Roster, clock: Clock, log: Log): ConnectionGater {
  let refused = 0;
  let told = Number.NEGATIVE_INFINITY;
  const isStranger = (id: PeerId) => roster.indexOf(id) === undefined;
  const refuse = (id: PeerId, connection: MultiaddrConnection) => {
    if (!isStranger(id)) return false;
    refused++;
    if (clock.now() - told >= tellEveryMs) {
      told = clock.now();
      log.warn('stranger-refused', { peer: id.toString(), address: connection.remoteAddr.toString(), refused });
    }
    return true;
  };
  return {
    denyDialPeer: isStranger,
    denyOutboundConnection: isStranger,
    denyInboundEncryptedConnection: refuse,
    denyOutboundEncryptedConnection: refuse,
    denyInboundUpgradedConnection: isStranger,
    denyOutboundUpgradedConnection: isStranger,
    filterMultiaddrForPeer: id => !isStranger(id),
  };
}
