/**
 * ./scripts/bench: every figure the README names, with the machine they were taken on. Measures, never verifies.
 */
import { cpus, totalmem } from 'node:os';
import { benchField } from './field.js';
import { benchObliviousTransfer } from './oblivious-transfer.js';
import { benchPreprocessing } from './preprocessing.js';
import { benchProducts } from './products.js';
import { benchSettle } from './settle.js';

const asJson = process.argv.includes('--json');
const say = (text: string) => process.stderr.write(`${text}\n`);

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
say('field kernel ...');
const field = await benchField();
say('oblivious transfer, by k ...');
const obliviousTransfer = await benchObliviousTransfer();
say('preprocessing, n = 2, both ends on one core ...');
const preprocessing = await benchPreprocessing();
say('bank-made products, all banks in one process ...');
const products = await benchProducts();
say('blocks, all banks on one core, malicious security, preprocessing dealt ahead ...');
const blocks = await benchSettle();

if (asJson)
  process.stdout.write(`${JSON.stringify({ machine, field, obliviousTransfer, preprocessing, products, blocks })}\n`);
else {
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}`);
  console.log('\nfield kernel, ns');
  console.table(field);
  console.log('\noblivious transfer, one direction of one pair');
  console.table(obliviousTransfer);
  console.log('\npreprocessing');
  console.table(preprocessing);
  console.log('\nbank-made products: processor time of all banks together, bytes of one bank to all others');
  console.table(products);
  console.log('\nblocks: milliseconds for all banks together, bytes of one bank to all others');
  console.table(blocks);
}
