/** An input that a bank and a holder together split between two verifiers. */
import { type Envelope, encodeCore, expandRho } from '../../../src/envelope/index.js';
import { decodeVec, encodeVec, fp, type Vec, vec, zeros } from '../../../src/field/index.js';
import { BlockChecks } from '../../../src/ledger/checks.js';
import type { Channel } from '../../../src/ports.js';
import { admit, openEnvelope, runBlock, type World } from '../../harness/banks.js';
import { editing, type Outcomes } from './cheaters.js';

/**
 * A bank and a holder together: the bank's input towards one verifier differs from that towards the other, by what the
 * holder's rho does not see. K = 3: x = (tag mask, spending key, viewing key); delta = (-rho_1*d, d, 0).
 */
export class SplitInput {
  readonly world: World;
  readonly envelope: Envelope;
  readonly cheater: number;
  readonly victim: number;
  readonly delta: Vec;
  /** What delta does to the consistency opening. */
  #shift = 0n;

  constructor(world: World, account: number, cheater = 2, victim = 1) {
    this.world = world;
    this.cheater = cheater;
    this.victim = victim;
    this.envelope = openEnvelope(world, account);
    const { header } = this.envelope;
    const keyParts = world.parties.map(({ self }) => admit(world, self, this.envelope).keyPart);
    const rho = expandRho(keyParts, encodeCore(header), 3);
    this.delta = vec([fp.neg(fp.mul(rho[1], 5n)), 5n, 0n]);
  }

  /** Learns the shift from the cheater's own weights, which are the same for all. */
  listen(): void {
    const { cheater, delta } = this;
    const heard = (shift: bigint) => {
      this.#shift = shift;
    };
    const inner = BlockChecks.prototype.consistency;
    BlockChecks.prototype.consistency = function (inputs, lengths) {
      if (inputs.tags[cheater].length === 0) {
        const value = zeros(inputs.length);
        value.set(delta);
        heard(inner.call(this, { length: inputs.length, value, tags: [], keys: [] }, lengths).value[0]);
      }
      return inner.call(this, inputs, lengths);
    };
  }

  /** To the victim: corrections moved by delta and, where `hides`, the share of the consistency opening that fits them. */
  run(envelopes: readonly Envelope[], hides: boolean): Promise<Outcomes> {
    const between = (channel: Channel): Channel => ({
      ...channel,
      receive: from => channel.receive(from),
      send: (to, frame) => channel.send(to, to === this.victim ? this.#moved(frame, hides) : frame),
    });
    return runBlock(this.world, [this.envelope, ...envelopes], {
      channel: (channel, bank) => (bank === this.cheater ? between(channel) : channel),
    });
  }

  #moved(frame: Uint8Array, hides: boolean): Uint8Array {
    return editing(f => {
      if (f.step === 0) return { ...f, own: addTo(f.own, 0, this.delta) };
      if (f.step === 2 && hides) return { ...f, shares: addTo(f.shares, f.shares.length / 8 - 1, vec([this.#shift])) };
      return f;
    })(frame);
  }
}

function addTo(bytes: Uint8Array, at: number, more: Vec): Uint8Array {
  const elements = decodeVec(bytes);
  more.forEach((element, k) => {
    elements[at + k] = fp.add(elements[at + k], element);
  });
  return encodeVec(elements);
}
