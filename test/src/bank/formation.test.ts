/** Sessions form and end among the banks. */
import test from 'ava';
import { Formation, type FormationMessage } from '../../../src/bank/formation.js';
import { seededRandom, toHex, utf8 } from '../../../src/crypto/index.js';
import { makeWorld } from '../../harness/banks.js';

/** n formations whose messages wait until they are delivered; links are cut and come back. */
class Room {
  readonly formed: (string | undefined)[];
  readonly ids: string[] = [];
  readonly heights: number[];
  /** Told to have an old disk. */
  readonly behind: number[] = [];
  readonly banks: Formation[];
  readonly waiting: { from: number; to: number; message: FormationMessage }[] = [];

  constructor(count: number) {
    const { network } = makeWorld({ banks: count, pageSize: 1, balances: [1n] });
    this.heights = Array.from({ length: count }, () => 7);
    this.formed = Array.from({ length: count }, () => undefined);
    this.banks = this.formed.map(
      (_, self) =>
        new Formation(network, self, seededRandom(utf8(`formation of bank ${self}`)), {
          send: (to, message) => this.waiting.push({ from: self, to, message }),
          formed: id => {
            this.formed[self] = toHex(id);
            this.ids.push(toHex(id));
          },
          ended: () => {
            this.formed[self] = undefined;
          },
          height: () => this.heights[self],
          behind: bank => this.behind.push(bank),
        }),
    );
  }

  linkAll(): void {
    for (const [a, bank] of this.banks.entries()) {
      for (const b of this.banks.keys()) if (a !== b) bank.linkUp(b);
    }
  }

  /** Delivers everything, each pair in order, pairs in an order drawn from `pick`. */
  settle(pick: (choices: number) => number = () => 0): void {
    for (let steps = 0; this.waiting.length > 0; steps++) {
      if (steps > 10_000) throw new Error('they never come to rest');
      const heads = this.waiting.filter(
        (each, i) => this.waiting.findIndex(w => w.from === each.from && w.to === each.to) === i,
      );
      const next = heads[pick(heads.length)];
      this.waiting.splice(this.waiting.indexOf(next), 1);
      this.banks[next.to].receive(next.from, next.message);
    }
  }
}

for (const count of [2, 3, 7]) {
  test(`${count} banks form one session, and another one after every loss, in any order of messages`, t => {
    const random = seededRandom(utf8(`orders ${count}`));
    const pick = (choices: number) => random.bytes(1)[0] % choices;
    const room = new Room(count);
    room.linkAll();
    room.settle(pick);
    for (let loss = 0; loss < 5; loss++) {
      t.is(new Set(room.formed).size, 1);
      t.not(room.formed[0], undefined);
      const [a, b] = [loss % count, (loss + 1) % count];
      room.banks[a].linkDown(b, 'cut');
      room.banks[b].linkDown(a, 'cut');
      // what was on the way between them is lost
      for (const each of room.waiting.filter(w => [w.from, w.to].every(x => x === a || x === b))) {
        room.waiting.splice(room.waiting.indexOf(each), 1);
      }
      room.settle(pick);
      t.deepEqual([room.formed[a], room.formed[b]], [undefined, undefined]);
      room.banks[a].linkUp(b);
      room.banks[b].linkUp(a);
      room.settle(pick);
    }
    const together = new Map<string, number>();
    for (const id of room.ids) together.set(id, (together.get(id) ?? 0) + 1);
    t.true(
      [...together.values()].every(times => times <= count),
      'no id comes twice at one bank',
    );
  });
}

test('one that asks for a new session gets one, and every bank hears of it', t => {
  const room = new Room(3);
  room.linkAll();
  room.settle();
  const [before] = room.formed;
  room.banks[1].end('a check failed');
  room.settle();
  t.is(new Set(room.formed).size, 1);
  t.not(room.formed[0], before);
});

test('a link that only one end sees anew does not keep the banks apart', t => {
  const room = new Room(2);
  room.banks[0].linkUp(1);
  room.banks[1].linkUp(0);
  room.waiting.splice(
    room.waiting.findIndex(w => w.to === 0),
    1,
  ); // bank 0 never hears the first hello
  room.settle();
  t.deepEqual(room.formed, [undefined, undefined]);
  room.banks[0].linkUp(1); // says hello again, with the same nonce
  room.settle();
  t.not(room.formed[0], undefined);
  t.is(room.formed[0], room.formed[1]);
});

test('without one bank there is no session, and it is named as missing', t => {
  const room = new Room(3);
  room.banks[0].linkUp(1);
  room.banks[1].linkUp(0);
  room.settle();
  t.deepEqual(room.formed, [undefined, undefined, undefined]);
  t.deepEqual(room.banks[0].missing(), [2]);
});

test('a bank more than a height behind gets no session, is told so, and the others wait for it', t => {
  for (const [height, formed] of [
    [5, false],
    [6, true],
    [8, true],
  ] as const) {
    const room = new Room(3);
    room.heights[2] = height;
    room.linkAll();
    room.settle();
    t.is(new Set(room.formed).size === 1 && room.formed[0] !== undefined, formed, `height ${height}`);
    t.deepEqual([...new Set(room.behind)], formed ? [] : [2]);
    t.deepEqual(room.banks[0].missing(), formed ? [] : [2]);
    if (formed) {
      room.heights.fill(20);
      t.deepEqual(room.banks[0].missing(), [], 'heights rise together while a session stands');
    }
    t.deepEqual(room.banks[2].missing(), [], 'it waits for nobody: it is told what it is');
  }
});
