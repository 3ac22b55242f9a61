/**
 * Random OTs in one direction between two banks in one process, for every k of SoftSpokenOT: nanoseconds of processor time at
 * either end (of all threads, collection of garbage included), and bytes. A clock follows whose turn it is.
 */
import { systemRandom, utf8 } from '../../src/crypto/index.js';
import type { Channel } from '../../src/ports.js';
import { Conversation } from '../../src/preprocessing/conversation.js';
import { ristretto255 } from '../../src/preprocessing/group.js';
import type { PlaceBits } from '../../src/preprocessing/punctured-trees.js';
import {
  otBatchMax,
  placeBitsDefault,
  SoftSpokenReceiver,
  SoftSpokenSender,
} from '../../src/preprocessing/soft-spoken.js';
import { memoryNetwork } from '../../test/harness/memory-channel.js';

export interface ObliviousTransferBench {
  readonly placeBits: PlaceBits;
  readonly isDefault: boolean;
  readonly senderNsPerOt: number;
  readonly receiverNsPerOt: number;
  /** At the slower end, one core each. */
  readonly otsPerSecond: number;
  readonly bytesPerOt: number;
  /** Base OTs and trees, both ends. */
  readonly openMs: number;
}

const otCount = 4 * otBatchMax;
const rounds = 7;

export async function benchObliviousTransfer(): Promise<ObliviousTransferBench[]> {
  const results: ObliviousTransferBench[] = [];
  for (const placeBits of [1, 2, 4, 8] as const) results.push(await benchOne(placeBits));
  return results;
}

async function benchOne(placeBits: PlaceBits): Promise<ObliviousTransferBench> {
  let bytes = 0;
  const clock = new Clock();
  const channels = memoryNetwork(2, (_from, _to, frame) => {
    bytes += frame.length;
    return frame;
  }).map(channel => clock.follow(channel));
  const setup = (bank: number) => ({
    talk: new Conversation(channels[bank], 1 - bank),
    context: utf8('bench'),
    direction: { sender: 0, receiver: 1 },
    random: systemRandom,
    placeBits,
  });
  const group = await ristretto255();
  const start = performance.now();
  const [sender, receiver] = await Promise.all([
    SoftSpokenSender.open({ ...setup(0), group }),
    SoftSpokenReceiver.open({ ...setup(1), group }),
  ]);
  const openMs = Math.round(performance.now() - start);
  const choices = systemRandom.bytes(otCount).map(byte => byte & 1);
  const times: { sender: number; receiver: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    bytes = 0;
    clock.reset();
    await Promise.all([clock.run(0, () => sender.send(otCount)), clock.run(1, () => receiver.receive(choices))]);
    times.push({ sender: (1e6 * clock.ms[0]) / otCount, receiver: (1e6 * clock.ms[1]) / otCount });
  }
  const senderNsPerOt = Math.round(median(times.map(time => time.sender)));
  const receiverNsPerOt = Math.round(median(times.map(time => time.receiver)));
  return {
    placeBits,
    isDefault: placeBits === placeBitsDefault,
    senderNsPerOt,
    receiverNsPerOt,
    otsPerSecond: Math.round(1e9 / Math.max(senderNsPerOt, receiverNsPerOt)),
    bytesPerOt: Math.round((100 * bytes) / otCount) / 100,
    openMs,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Milliseconds of processor time of two ends that take turns on one thread: an end's turn ends where it sends or waits. */
class Clock {
  readonly ms = [0, 0];
  #running: number | undefined;
  #since = 0;

  reset(): void {
    this.ms.fill(0);
  }

  async run<T>(end: number, work: () => Promise<T>): Promise<T> {
    this.#turn(end);
    const result = await work();
    this.#turn(undefined);
    return result;
  }

  follow(channel: Channel): Channel {
    const away = async <T>(call: () => Promise<T>): Promise<T> => {
      this.#turn(undefined);
      const result = await call();
      this.#turn(channel.self);
      return result;
    };
    return {
      self: channel.self,
      count: channel.count,
      send: (to, frame) => away(() => channel.send(to, frame)),
      receive: from => away(() => channel.receive(from)),
    };
  }

  #turn(next: number | undefined): void {
    const { user, system } = process.cpuUsage();
    const now = (user + system) / 1000;
    if (this.#running !== undefined) this.ms[this.#running] += now - this.#since;
    this.#running = next;
    this.#since = now;
  }
}
