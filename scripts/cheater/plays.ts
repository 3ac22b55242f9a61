/** All plays in which one bank of so many cheats: deviations, story by story, then strategies. */
import { casesOf, record } from './cases.js';
import { nameOf } from './deviations.js';
import { play } from './play.js';
import { stories } from './stories.js';
import { strategies } from './strategies.js';
import { type Row, rowOf } from './table.js';

/** One bank's part of a run. */
export interface Task {
  readonly banks: number;
  readonly cheater: number;
  readonly every: boolean;
  /** A regular expression: deviations and strategies whose name matches. */
  readonly only: string;
}

export async function* rowsOf({ banks, cheater, every, only }: Task): AsyncGenerator<Row> {
  const isMeant = new RegExp(only);
  for (const story of stories) {
    const recording = await record(story, banks, cheater);
    for (const each of casesOf(recording, every)) {
      if (!isMeant.test(nameOf(each.deviation))) continue;
      const result = await play(each.stage, each.story, each.cheater, each.deviation);
      if (result.done > 0) yield rowOf(each, result);
    }
  }
  for (const { name, banksMin, banksMax = banks, run } of strategies) {
    if (banks >= banksMin && banks <= banksMax && isMeant.test(`strategy, ${name}`)) yield* await run(banks, cheater);
  }
}
