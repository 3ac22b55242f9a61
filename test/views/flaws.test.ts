/** Positive controls: with one mask taken away, the same comparison tells the two stories apart. */
import test from 'ava';
import { blockView } from './block-view.js';
import { compareViews } from './comparison.js';
import { flaws } from './flaws.js';

const c = { banks: 2, pageSize: 3, honest: 0, explicit: 1 };

for (const { name, toldBy, ...flaw } of flaws) {
  test(`canary: the stories are told apart where ${name}`, async t => {
    const comparison = await compareViews(32, (story, run) => blockView(c, story, `flaw ${run} ${story}`, flaw));
    for (const each of toldBy) t.true(comparison.toldBy.includes(each), `${each}: ${JSON.stringify(comparison)}`);
  });
}
