/**
 * ./scripts/explore: every state that the agreement can reach within bounds, and what each of its rules is for.
 *
 * Exit codes: 0 explored whole and nothing found, and with a rule taken out what was expected; 1 otherwise; 2 the call is wrong.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { printJson, processOutput } from '../../node/commands/output.js';
import { CovaultError } from '../../src/errors.js';
import { type Bounds, small, smallCheat, suite, type Word, words } from './bounds.js';
import type { Result } from './exploration.js';
import { loadModel } from './loader.js';
import { type Mutant, mutants } from './mutants.js';
import { loadTrace, saveTrace, type Trace } from './traces.js';

interface Options extends Partial<Omit<Bounds, 'statesMax'>> {
  readonly states?: number;
  readonly rules?: true;
  readonly replay?: string;
  readonly json?: true;
}

interface Violation {
  readonly what: string;
  /** For --replay. */
  readonly id: string;
  readonly steps: readonly string[];
}

interface Rule {
  readonly rule: string;
  readonly isFound: boolean;
  /** Not everything is: the reason. */
  readonly nothing?: string;
  readonly states: number;
  readonly violation?: Violation;
}

const { note } = processOutput;

const whole = (min: number, max: number) => (value: string) => {
  const number = Number(value);
  if (!/^[0-9]{1,8}$/.test(value) || number < min || number > max) {
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  }
  return number;
};

const someWords = (value: string): Word[] =>
  value.split(',').map(each => {
    const word = words.find(known => known === each);
    if (!word) throw new InvalidArgumentError(`expected some of ${words.join(',')}.`);
    return word;
  });

const program = new Command('explore')
  .description(
    'Every state of the agreement within bounds: no fork, nothing twice, nothing stuck, no wallet misled. Without options: a list of bounds, and each rule taken out.',
  )
  .option('--banks <n>', 'banks', whole(2, 3))
  .option('--cheat <bank>', 'this one lies: its place in the roster', whole(0, 2))
  .option('--words <list>', `what it may say, of ${words.join(',')}`, someWords)
  .option('--ahead', 'it also says things ahead of their time')
  .option('--lies <n>', 'it says so often what ends the bank that hears it', whole(0, 3))
  .option('--splits <n>', "it makes so often one bank's computation end in another record", whole(0, 3))
  .option('--restores <n>', "a bank's disk is put back so often to before its last signature", whole(0, 3))
  .option('--before-mark', 'to before its last mark')
  .option('--envelopes <n>', 'envelopes', whole(0, 3))
  .option('--early <n>', 'of them at every bank from the start; the others arrive at any time', whole(0, 3))
  .option('--crashes <n>', 'honest banks crash so often, at any point', whole(0, 3))
  .option('--breaks <n>', 'the session breaks so often', whole(0, 3))
  .option('--timeouts <n>', 'a step takes too long so often', whole(0, 3))
  .option('--overlap', 'blocks overlap')
  .option('--heights <n>', 'heights', whole(1, 9))
  .option('--attempts <n>', 'attempts at each', whole(1, 9))
  .option('--rounds <n>', 'rounds of proposals in each', whole(1, 9))
  .option('--states <n>', 'ends the search there', whole(1, 16_000_000))
  .option('--rules', 'takes out one rule after another, within bounds of its own, and shows what follows')
  .addOption(
    new Option('--replay <id>', 'goes the way of a counterexample again: its id, or a file').conflicts('rules'),
  )
  .option('--json', 'the last line of standard output is one JSON object')
  .action(run);

async function run({ rules, replay, json, states, ...given }: Options): Promise<void> {
  if (replay !== undefined) return showAgain(await loadTrace(replay));
  const isOne = states !== undefined || Object.keys(given).length > 0;
  const list = isOne
    ? [boundsOf({ ...given, ...(states === undefined ? {} : { statesMax: states }) })]
    : rules
      ? []
      : suite;
  const explorations: (Omit<Result, 'finding'> & { seconds: number; bounds: Bounds })[] = [];
  const violations: Violation[] = [];
  for (const bounds of list) {
    const { finding, ...figures } = await exploreOnce(bounds);
    explorations.push({ bounds, ...figures });
    if (finding) violations.push(finding);
  }
  const removed: Rule[] = [];
  for (const mutant of rules || !isOne ? mutants : []) removed.push(await takeOut(mutant));
  if (json) printJson(processOutput, { explorations, states: sum(explorations), violations, rules: removed });
  const isWhole = explorations.every(each => each.isComplete) && violations.length === 0;
  if (!isWhole || !removed.every(({ isFound, nothing }) => isFound === (nothing === undefined))) throw new Exit(1);
}

const sum = (all: readonly { readonly states: number }[]) => all.reduce((total, { states }) => total + states, 0);

function boundsOf(given: Partial<Bounds>): Bounds {
  const bounds = { ...(given.cheat === undefined ? small : smallCheat), ...given };
  if (bounds.cheat !== undefined && bounds.cheat >= bounds.banks) throw new CovaultError('BAD_CONFIG', 'no such bank');
  if (bounds.early > bounds.envelopes) throw new CovaultError('BAD_CONFIG', 'more envelopes are early than there are');
  return bounds;
}

async function exploreOnce(bounds: Bounds) {
  const { explore } = await loadModel();
  note(`\n${tell(bounds)}`);
  const started = performance.now();
  const { finding, ...figures } = explore(bounds, states => {
    if (states % 100_000 < 10_000) note(`${states} states`);
  });
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  note(
    Object.entries({ ...figures, seconds })
      .map(([key, value]) => `${key} ${value}`)
      .join(', '),
  );
  return {
    ...figures,
    seconds,
    finding: finding && (await show({ rule: undefined, bounds, what: finding.what, steps: finding.trace })),
  };
}

function tell({ words: said, ...bounds }: Bounds): string {
  const list = Object.entries(bounds).map(([key, value]) => `${key} ${value}`);
  return [...list, ...(bounds.cheat === undefined ? [] : [`words ${said.join(',')}`])].join(', ');
}

async function takeOut(mutant: Mutant): Promise<Rule> {
  const { rule, bounds, nothing } = mutant;
  const { explore } = await loadModel(mutant);
  note(`\nwithout: ${rule}`);
  const { finding, states } = explore(bounds);
  if (!finding) note(`nothing found in ${states} states${nothing ? `: ${nothing}` : ''}`);
  const violation = finding && (await show({ rule, bounds, what: finding.what, steps: finding.trace }));
  return { rule, isFound: finding !== undefined, states, ...(nothing && { nothing }), ...(violation && { violation }) };
}

/** Says it, and keeps it for --replay. */
async function show(trace: Trace): Promise<Violation> {
  await showSteps(trace);
  const id = await saveTrace(trace);
  note(`   => ${trace.what}          (--replay ${id})`);
  return { what: trace.what, id, steps: trace.steps };
}

/** Answers with what is wrong at the end. */
async function showSteps({ rule, bounds, steps }: Trace): Promise<string | undefined> {
  const mutant = mutants.find(each => each.rule === rule);
  if (rule !== undefined && !mutant) throw new CovaultError('BAD_CONFIG', `no such rule: ${rule}`);
  const { replay } = await loadModel(mutant);
  const { steps: told, wrong } = replay(bounds, steps);
  for (const [i, { label, banks }] of told.entries()) {
    note(`${String(i + 1).padStart(4)}  ${label}`);
    for (const bank of banks) note(`          ${bank}`);
  }
  return wrong;
}

async function showAgain(trace: Trace): Promise<void> {
  if (trace.rule !== undefined) note(`without: ${trace.rule}`);
  const wrong = await showSteps(trace);
  note(
    `   => ${wrong ?? `${trace.what}: from here nothing leads on, which the search has found and no single state shows`}`,
  );
}

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
