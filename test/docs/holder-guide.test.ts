/**
 * The holder's guide against what there is: its commands run, in order, on two real banks, one of which goes away and comes back;
 * what it says that one sees is seen; what it names on pages stands on them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { cleanUp, newNetwork, root, temporaryFolder } from '../node/real-processes.js';
import { canRun, checkLinks, checkNotRun, readGuide, runScript, scriptOf, shownLines } from './guide.js';

const guide = readGuide('holder-guide.md');

test.after.always(cleanUp);

test('what is not run says so where it stands, and nothing else does', t => checkNotRun(t, guide));

test('links of the guide lead to files that are there', t => checkLinks(t, guide));

/** Quotes of pages: what stands in bold. */
const onPages = [...guide.text.matchAll(/\*\*([^*]+)\*\*/g)].map(([, words]) => words.replace(/\s+/g, ' '));

test('what the guide names on pages stands on the pages of the wallet', t => {
  const folder = join(root, 'node/web/wallet');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => /\.tsx?$/.test(file));
  const pages = files.map(file => readFileSync(join(folder, file), 'utf8')).join('\n');
  const isThere = (words: string) => ['>', "'", '"', ' '].some(mark => pages.includes(`${mark}${words}`));
  const [convention, ...named] = onPages;
  t.is(convention, 'Names like this');
  t.true(named.length >= 20);
  t.deepEqual(
    named.filter(words => !isThere(words)),
    [],
  );
});

(canRun ? test : test.skip)(
  'the commands of the guide run, in order, while a bank goes away and comes back',
  async t => {
    const sizes = ['--accounts', '20', '--page-size', '10', '--fund', '0=100', '--fund', '1=100'];
    const net = await newNetwork('--banks', 'jp_norgan,ubz', ...sizes);
    const home = await temporaryFolder();
    await mkdir(join(home, 'covault'));
    const give = (file: string, as: string) => copyFile(file, join(home, 'covault', as));
    await give(net.networkFile, 'network.json');
    await give(net.claimOf(0), 'claim.json');
    await give(net.claimOf(1), 'bobs-claim.json');
    const { gateways } = JSON.parse(await readFile(net.networkFile, 'utf8')) as { gateways: Record<string, string> };
    const stage = [
      `start() { node ${root}/build/node/main.js bank start --config "$1" 2>> ${home}/banks.log & }`,
      `ready() { until curl -fs ${gateways.jp_norgan}/v1/ready && curl -fs ${gateways.ubz}/v1/ready; do sleep 0.2; done > ${home}/ready; }`,
      `start ${net.configOf('jp_norgan')}; start ${net.configOf('ubz')}; ubz=$!; ready`,
      `exec 3>&1 > ${home}/seen; trap 'cat ${home}/seen >&3; kill $(jobs -p) 2> ${home}/ended || true' EXIT`,
    ];
    const script = scriptOf(guide, {
      'a bank goes away': 'kill "$ubz"; wait "$ubz"',
      'the bank is back': `start ${net.configOf('ubz')}; ready`,
      'the words are typed': `exec < <(grep -Ex '([a-z]+ ){11}[a-z]+' ${home}/seen)`,
    });
    // what is said to people, too
    const seen = await runScript(['exec 2>&1', ...stage, script].join('\n'), {
      HOME: home,
      COVAULT_PASSPHRASE: 'a good one',
    });
    for (const line of shownLines(guide)) t.regex(seen, line);
  },
);
