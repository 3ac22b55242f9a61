/** The ids of an attempt are on the disk before its first message leaves (protocol.md, sections 9 and 10). */
import test from 'ava';
import type { Use } from '../../../src/bank/index.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { utf8 } from '../../../src/crypto/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import type { Store, StoreOp } from '../../../src/ports.js';
import { transferEnvelope } from '../../harness/banks.js';
import { openAll, quiet } from '../../harness/holders.js';
import { memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, until } from '../../harness/network.js';

const mark = utf8('agreement/marked/');
const marks = (ops: readonly StoreOp[]) =>
  ops.some(({ type, key }) => type === 'put' && mark.every((byte, i) => key[i] === byte));

/** Two banks; the disk of bank 0 takes no mark while `holding`. */
async function world() {
  const state = { holding: false, held: 0, computed: 0, release: () => {} };
  const network = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [100n, 100n],
    onFrame: (from: number, _to: number, use: Use, frame: Uint8Array) => {
      if (from === 0 && use === 'agreement' && decodeAgreementFrame(frame).kind === 'computation') state.computed++;
      return frame;
    },
  });
  (network.stores as Store[])[0] = memoryStore(async ops => {
    if (!state.holding || !marks(ops)) return;
    state.held++;
    await new Promise<void>(resolve => {
      state.release = resolve;
    });
  });
  await network.startAll();
  await openAll(network, [0, 1]);
  await quiet(network);
  state.holding = true;
  state.computed = 0;
  return { network, state };
}

const turns = () => new Promise(resolve => setTimeout(resolve, 50));

test('no message of an attempt leaves before its ids are on the disk', async t => {
  const { network, state } = await world();
  t.teardown(() => network.stopAll());
  const { envelope } = transferEnvelope(network, 0, 1, 1n);
  await network.bank(1).submit(encodeEnvelope(envelope));
  await until('the mark is held', () => state.held === 1);
  await turns();
  t.is(state.computed, 0);
  state.holding = false;
  state.release();
  await until('settled', async () => (await network.bank(0).envelope(envelope.id)).state === 'final');
  t.true(state.computed > 0);
});

test('an attempt that ends while its ids go to the disk never says anything', async t => {
  const { network, state } = await world();
  t.teardown(() => network.stopAll());
  const { envelope } = transferEnvelope(network, 0, 1, 1n);
  await network.bank(1).submit(encodeEnvelope(envelope));
  await until('the mark is held', () => state.held === 1);
  await turns(); // the first message is made, and waits
  for (const self of [0, 1]) network.bank(self).linkDown(1 - self, 'cut');
  await turns();
  state.release();
  await turns();
  t.is(state.computed, 0);
  t.is(network.bank(0).status().counters.voids, 1);
});
