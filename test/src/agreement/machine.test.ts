/** Agreement machines that agree, with the network doing its worst. */
import test from 'ava';
import fc from 'fast-check';
import { Cluster } from './cluster.js';

/** A failing case is told by its seed; to shrink one takes minutes. */
const quickly = { endOnFailure: true };

/** A small generator for the quiet phase: any order will do, and it must be the same when a case is run again. */
function generator(seed: number): (below: number) => number {
  let state = (seed >>> 0) + 1;
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

function finish(cluster: Cluster, seed: number): string | undefined {
  if (!cluster.settle(generator(seed))) return 'it does not come to rest';
  cluster.checkBurned();
  const [first, ...others] = cluster.members;
  for (const bank of others) if (bank.machine.height !== first.machine.height) return 'the banks are apart';
  for (const bank of cluster.members) {
    if (bank.machine.finalHeight !== first.machine.height) return 'the last height is not final';
    for (const name of cluster.names) if (cluster.fate(bank, name) === undefined) return `${name} is undecided`;
  }
  return undefined;
}

for (const count of [2, 3]) {
  test(`${count} banks settle everything, in any order of events`, t => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), (seed, envelopes) => {
        const cluster = new Cluster(count);
        for (let i = 0; i < envelopes; i++) cluster.submit();
        const fault = finish(cluster, seed);
        if (fault !== undefined) throw new Error(fault);
        for (const name of cluster.names) t.is(cluster.fate(cluster.members[0], name), 'settled');
      }),
      { numRuns: 25, ...quickly },
    );
  });

  test(`${count} banks stay one whatever crashes and whichever links break, and go on afterwards`, t => {
    const event = fc.oneof(
      { weight: 30, arbitrary: fc.nat(1 << 20).map(choice => ({ kind: 'step', choice }) as const) },
      { weight: 1, arbitrary: fc.nat(count - 1).map(choice => ({ kind: 'crash', choice }) as const) },
      { weight: 1, arbitrary: fc.constant({ kind: 'link', choice: 0 } as const) },
      { weight: 1, arbitrary: fc.nat(count - 1).map(choice => ({ kind: 'late', choice }) as const) },
      { weight: 2, arbitrary: fc.constant({ kind: 'submit', choice: 0 } as const) },
    );
    fc.assert(
      fc.property(fc.array(event, { minLength: 20, maxLength: 300, size: 'max' }), fc.nat(), (events, seed) => {
        const cluster = new Cluster(count);
        cluster.submit();
        for (const { kind, choice } of events) {
          if (kind === 'crash') cluster.crash(choice);
          else if (kind === 'link') cluster.endSession();
          else if (kind === 'late') cluster.timeOut(choice);
          else if (kind === 'submit') cluster.submit();
          else cluster.step(choice);
        }
        const fault = finish(cluster, seed);
        if (fault !== undefined) throw new Error(fault);
      }),
      { numRuns: 80, ...quickly },
    );
    t.pass();
  });

  test(`${count} banks with much to do compute two blocks side by side, and crash all the same`, t => {
    let overlaps = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = generator(seed);
      const cluster = new Cluster(count);
      for (let left = 200 + random(600); left > 0; left--) {
        const kind = random(150);
        if (kind === 0) cluster.crash(random(count));
        else if (kind === 1) cluster.endSession();
        else if (kind === 2) cluster.timeOut(random(count));
        else if (kind < 9) cluster.submit();
        else cluster.step(random(1 << 20));
        if (cluster.members.some(({ runs }) => runs.length > 1)) overlaps++;
      }
      t.is(finish(cluster, seed), undefined, `seed ${seed}`);
    }
    t.true(overlaps > 100);
  });
}
