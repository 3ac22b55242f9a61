/**
 * Where one process's time went: the samples that V8's profiler took while the clock ran, summed by folder, by phase and
 * by function.
 *
 *     self     the function on top of the stack
 *     phase    the innermost frame of a folder that belongs to one; what libraries do counts for whoever called them
 *
 * A profile's times are CLOCK_MONOTONIC in microseconds, as `process.hrtime` of any process of the machine: so the window
 * can be cut out. Native work without a JavaScript frame is "(program)"; thread-pool work is in no profile.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  readonly ms: number;
}

export interface ProfileSummary {
  readonly bank: string;
  /** By thread, the main one first: window, idle and busy time. */
  readonly threads: readonly { readonly ms: number; readonly idleMs: number }[];
  readonly phases: readonly Share[];
  readonly folders: readonly Share[];
  readonly functions: readonly Share[];
}

const functionsShown = 40;

const phaseOf: readonly (readonly [string, RegExp])[] = [
  ['preprocessing', /^src\/preprocessing/],
  [
    'envelopes',
    /^src\/envelope|^src\/bank\/(envelope-desk|sponsoring|intake)|^node\/intake|^src\/ledger\/admission|^src\/agreement\/(pool|announcement|id-tree|verified-groups)/,
  ],
  ['computation', /^src\/(ledger|session|sharing|proof|operations)\/|^src\/bank\/computation/],
  ['agreement', /^src\/(agreement|bank)\//],
  ['store', /^node\/storage|^classic-level|^abstract-level/],
  ['gateway', /^node\/gateway|^fastify|^@fastify|^node:_http|^node:internal\/http/],
  ['links', /^node\/host|libp2p|^node:(net|internal\/(streams|stream_base))/],
];

/** All threads of the process together. `window`: microseconds of CLOCK_MONOTONIC. */
export async function summariseProfiles(
  folder: string,
  bank: string,
  window: [number, number],
): Promise<ProfileSummary> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.cpuprofile')).sort();
  const sums = { phases: new Map(), folders: new Map(), functions: new Map() };
  const threads: { ms: number; idleMs: number }[] = [];
  for (const file of files) {
    threads.push(addProfile(JSON.parse(await readFile(join(folder, file), 'utf8')), window, sums));
  }
  threads.sort((a, b) => b.ms - b.idleMs - (a.ms - a.idleMs));
  const [phases, folders, functions] = [sums.phases, sums.folders, sums.functions].map(ranked);
  return { bank, threads, phases, folders, functions: functions.slice(0, functionsShown) };
}

type Sums = Record<'phases' | 'folders' | 'functions', Map<string, number>>;

function addProfile(profile: CpuProfile, [from, until]: [number, number], sums: Sums) {
  const byId = new Map(profile.nodes.map(node => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of profile.nodes) for (const child of children) parents.set(child, id);
  const own = new Map<number, number>();
  let at = profile.startTime;
  for (const [i, id] of profile.samples.entries()) {
    at += profile.timeDeltas[i];
    if (at >= from && at <= until) own.set(id, (own.get(id) ?? 0) + profile.timeDeltas[i] / 1000);
  }
  const thread = { ms: 0, idleMs: 0 };
  for (const [id, ms] of own) {
    const { callFrame } = byId.get(id) as ProfileNode;
    thread.ms += ms;
    if (callFrame.functionName === '(idle)') {
      thread.idleMs += ms;
      continue;
    }
    const path: string[] = [];
    for (let node: number | undefined = id; node !== undefined; node = parents.get(node)) {
      path.push(fileOf((byId.get(node) as ProfileNode).callFrame.url));
    }
    const name = callFrame.functionName || '(anonymous)';
    add(sums.folders, path[0] === '' ? name : folderOf(path[0]), ms);
    add(sums.functions, path[0] === '' ? name : `${name}  ${path[0]}:${callFrame.lineNumber + 1}`, ms);
    add(sums.phases, phaseOfStack(path) ?? (path[0] === '' ? name : 'other'), ms);
  }
  return thread;
}

function phaseOfStack(path: readonly string[]): string | undefined {
  for (const file of path) {
    const found = phaseOf.find(([, pattern]) => pattern.test(file));
    if (found) return found[0];
  }
  return undefined;
}

/** From the root of the project, or the package: src/ledger/settle.js, @libp2p/tcp/dist/index.js, node:net. */
function fileOf(url: string): string {
  if (url.startsWith('wasm:')) return 'wasm kernel';
  const packaged = url.lastIndexOf('/node_modules/');
  if (packaged >= 0) return url.slice(packaged + '/node_modules/'.length);
  return /\/build\/(.*)$/.exec(url)?.[1] ?? url;
}

function folderOf(file: string): string {
  if (file.startsWith('node:') || file === 'wasm kernel') return file;
  const parts = file.split('/');
  if (/^(src|node)$/.test(parts[0])) return parts.slice(0, Math.min(2, parts.length - 1)).join('/');
  return `node_modules/${parts.slice(0, file.startsWith('@') ? 2 : 1).join('/')}`;
}

function add(to: Map<string, number>, name: string, ms: number): void {
  to.set(name, (to.get(name) ?? 0) + ms);
}

const ranked = (sums: ReadonlyMap<string, number>): Share[] =>
  [...sums].map(([name, ms]) => ({ name, ms: Math.round(10 * ms) / 10 })).sort((a, b) => b.ms - a.ms);
