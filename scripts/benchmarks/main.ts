/**
 * Everything that is measured in one process, one part after the other: `./scripts/bench [part ...] [--json]`.
 * Whole networks under load are `./scripts/load`'s.
 */
import { cpus, totalmem } from 'node:os';
import { benchEnvelopes } from './envelopes.js';
import { benchField } from './field.js';
import { benchObliviousTransfer } from './oblivious-transfer.js';
import { benchPreprocessing } from './preprocessing.js';
import { benchProducts } from './products.js';
import { benchSettle } from './settle.js';
import { benchStorage } from './storage.js';

const parts: Readonly<Record<string, { readonly title: string; readonly run: () => Promise<unknown> }>> = {
  field: { title: 'field kernel, ns', run: benchField },
  obliviousTransfer: {
    title: 'oblivious transfer, by k: one direction of one pair, both ends on one core',
    run: benchObliviousTransfer,
  },
  preprocessing: { title: 'preprocessing, n = 2, both ends on one core', run: benchPreprocessing },
  products: {
    title: 'bank-made products: processor time of all banks together, bytes of one bank to all others',
    run: benchProducts,
  },
  blocks: {
    title:
      'blocks, correlations dealt ahead, malicious security: ms for all banks on one core, bytes of one bank to all others',
    run: benchSettle,
  },
  envelopes: {
    title: 'envelopes, without the computation of blocks: microseconds of CPU for one transfer at one bank',
    run: benchEnvelopes,
  },
  storage: {
    title:
      'data folder of one bank: MB a million transfers, as it is and neither folded nor sealed; starts after a third and all',
    run: benchStorage,
  },
};

const args = process.argv.slice(2);
const asJson = args.includes('--json');
const wanted = args.filter(arg => arg !== '--json');
const unknown = wanted.find(name => !(name in parts));
if (unknown !== undefined) {
  process.stderr.write(`no such part: ${unknown}; there are ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}
const machine = {
  cpu: cpus()[0].model,
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.versions.node,
};
const results: Record<string, unknown> = { machine };
if (!asJson) console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}`);
for (const [name, { title, run }] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name} ...\n`);
  results[name] = await run();
  if (asJson) continue;
  console.log(`\n${title}`);
  console.table(results[name]);
}
if (asJson) process.stdout.write(`${JSON.stringify(results)}\n`);
