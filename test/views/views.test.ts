/**
 * What n-1 banks see does not depend on what is secret: two stories, compared by shape exactly and by distribution statistically.
 * A quick form; `./scripts/views` is the long one. That the comparison can fail is shown in `flaws.test.ts`.
 */
import test from 'ava';
import { bankView } from './bank-view.js';
import { blockView, type Configuration } from './block-view.js';
import { compareViews } from './comparison.js';

const runsOfEach = 40;
const said = ({ banks, pageSize, honest }: Configuration) =>
  `${banks} banks, pages of ${pageSize}, bank ${honest} honest`;

for (const c of [
  { banks: 2, pageSize: 1, honest: 1, explicit: 1 },
  { banks: 2, pageSize: 3, honest: 0, explicit: 1 },
  { banks: 3, pageSize: 3, honest: 1, explicit: 1 },
]) {
  test(`the computation shows n-1 banks the same, whoever pays what, applied or cancelled: ${said(c)}`, async t => {
    const comparison = await compareViews(runsOfEach, (story, run) => blockView(c, story, `views ${run} ${story}`));
    t.deepEqual(comparison.toldBy, [], JSON.stringify(comparison));
    t.is(comparison.otherShape, undefined);
    t.is(comparison.findings.length, 5);
    // enough runs that a feature which tells the stories apart every time would be found
    for (const { critical } of comparison.findings) t.true(critical < 0.95);
  });
}

for (const c of [{ banks: 2, pageSize: 3, honest: 1, explicit: 0 }]) {
  test(`whole banks are sent and store the same, in size, number and order: ${said(c)}`, async t => {
    const comparison = await compareViews(runsOfEach, (story, run) => bankView(c, story, `banks ${run} ${story}`));
    t.deepEqual(comparison.toldBy, [], JSON.stringify(comparison));
    t.is(comparison.otherShape, undefined);
    t.true(comparison.pieces > 200);
  });
}
