/** What is handed over between threads is moved, not copied. */
import { MessageChannel } from 'node:worker_threads';
import test from 'ava';
import { buffersOfReserved, ownFrame } from '../../../node/preprocessing/messages.js';
import { broken, makeStocks, positions } from '../../src/preprocessing/stocks.js';

/** Every array in it that holds elements. */
function rowsIn(value: unknown): BigUint64Array[] {
  if (value instanceof BigUint64Array) return value.length > 0 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(rowsIn) : [];
}

test('of what is handed over nothing stays behind, and all of it arrives', async t => {
  const { parties, reserve, close } = makeStocks({ banks: 3 });
  const counts = positions(70, 7, 4);
  const all = await reserve(positions(0), counts);
  close();
  const rows = rowsIn(all[0]);
  t.is(rows.length, 6 + 3 * 5 + 5 * 5);
  const { port1, port2 } = new MessageChannel();
  const arrived = new Promise<(typeof all)[0]>(resolve => port2.once('message', resolve));
  port1.postMessage(all[0], buffersOfReserved(all[0]));
  t.true(rows.every(row => row.length === 0));
  t.is(broken(parties, [await arrived, ...all.slice(1)], 3, counts), undefined);
  port1.close();
});

test('a row that is not listed would stay behind: the test above can fail', t => {
  const { port1 } = new MessageChannel();
  const row = BigUint64Array.of(1n);
  port1.postMessage({ row }, []);
  t.is(row.length, 1);
  port1.close();
});

test('a frame is handed over with its buffer only if nothing else lies in it', t => {
  const whole = Uint8Array.of(1, 2, 3);
  t.is(ownFrame(whole).frame, whole);
  t.deepEqual(ownFrame(whole).handOver, [whole.buffer]);
  for (const part of [whole.subarray(1), whole.subarray(0, 2), Buffer.from('in a pool')]) {
    const { frame, handOver } = ownFrame(part);
    t.deepEqual([...frame], [...part]);
    t.not(frame.buffer, part.buffer);
    t.deepEqual(handOver, [frame.buffer as ArrayBuffer]);
  }
  t.deepEqual(ownFrame(whole.subarray(3)).handOver, []);
});
