/**
 * A bank that has halted runs nothing under its keys any more: a failed bet on one bit of a MAC key teaches that bit, so a
 * cheater who could bet again after every accusation would have the key in some sixty sessions.
 */
import test from 'ava';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { Dealer } from '../../harness/dealer.js';
import { NetworkWorld, until } from '../../harness/network.js';

test('a halted bank forms no stock again: not for a new link, not for a new hello, not after its own restart', async t => {
  const opened = [0, 0];
  let spoil = false;
  const world = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [1n],
    openStock: async (w, bank, session) => {
      opened[bank]++;
      const none = { made: 0, used: 0 };
      return {
        ...new Dealer(w.parties, 1, session).stock(bank),
        ended: new Promise(() => {}),
        levels: () => ({ vole: none, triples: none, selections: none }),
        close: () => {},
      };
    },
    // bank 1 sends nonsense as soon as a session stands
    onFrame: (from, _to, use, frame) => {
      const isMessage = use === 'agreement' && decodeAgreementFrame(frame).kind === 'message';
      return spoil && from === 1 && isMessage ? frame.map((byte, i) => (i < 9 ? byte : 255)) : frame;
    },
  });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await until('both have a stock', () => opened[0] === 1 && opened[1] === 1);
  spoil = true;
  const again = async () => {
    await world.kill(1);
    await world.start(1);
  };
  await again();
  await until('bank 0 has halted', () => world.bank(0).status().phase === 'halted');
  const before = opened[0];
  await again();
  await until('bank 1 hears of it', () => world.bank(1).status().phase === 'halted');
  await world.kill(0);
  await world.start(0);
  await again();
  await until('bank 1 hears of it again', () => world.bank(1).status().phase === 'halted');
  t.is(world.bank(0).status().phase, 'halted');
  t.is(opened[0], before);
});
