/** A process that runs seeds, one after another: a number comes in, what became of it goes out. */
import { runSeed, type SeedOptions } from './run-seed.js';

const options = JSON.parse(process.argv[2]) as SeedOptions;

process.on('message', async (seed: number) => {
  process.send?.(await runSeed(seed, options));
});
// whoever started it is gone
process.on('disconnect', () => process.exit());
