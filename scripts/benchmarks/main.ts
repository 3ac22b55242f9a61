/**
 * ./scripts/bench: every figure the README names, with the machine they were taken on. Measures, never verifies.
 */
import { cpus, totalmem } from 'node:os';
import { benchEnvelopes } from './envelopes.js';
import { benchField } from './field.js';
import { benchPreprocessing } from './preprocessing.js';
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
say('preprocessing, n = 2, both ends on one core ...');
const preprocessing = await benchPreprocessing();
say('blocks, all banks on one core, malicious security, preprocessing dealt ahead ...');
const blocks = await benchSettle();
say('envelopes, all banks on one core, without the computation of blocks ...');
const envelopes = await benchEnvelopes();

if (asJson) process.stdout.write(`${JSON.stringify({ machine, field, preprocessing, blocks, envelopes })}\n`);
else {
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}`);
  console.log('\nfield kernel, ns');
  console.table(field);
  console.log('\npreprocessing');
  console.table(preprocessing);
  console.log('\nblocks: milliseconds for all banks together, bytes of one bank to all others');
  console.table(blocks);
  console.log('\nenvelopes: microseconds of CPU for one transfer at one bank');
  console.table(envelopes);
}
