/**
 * How long a frame of preprocessing may be waited for. Between two lots a bank may sleep as long as it likes; inside one, and
 * while pairs open, every bank works, and one that says nothing would hold up all others for ever.
 *
 *     TIMED_OUT   the session ends, and nobody is accused: a slow disk or a lost frame looks no different from silence
 *
 * Time is the host's: without a clock nobody is hurried.
 */
import { CovaultError } from '../errors.js';
import type { Channel, Clock } from '../ports.js';

export interface Patience {
  readonly clock: Clock;
  readonly ms: number;
}

/** A frame that is due now. Throws TIMED_OUT; facts: from. */
export function inTime(frame: Promise<Uint8Array>, from: number, patience: Patience | undefined): Promise<Uint8Array> {
  if (!patience) return frame;
  return new Promise((resolve, reject) => {
    const late = () => reject(new CovaultError('TIMED_OUT', `preprocessing: bank ${from} says nothing`, { from }));
    const cancel = patience.clock.after(patience.ms, late);
    frame.then(resolve, reject).finally(cancel);
  });
}

/** A channel for conversations in which every frame that is asked for is due. */
export function patient(channel: Channel, patience: Patience | undefined): Channel {
  const { self, count } = channel;
  return {
    self,
    count,
    send: (to, frame) => channel.send(to, frame),
    receive: from => inTime(channel.receive(from), from, patience),
  };
}
