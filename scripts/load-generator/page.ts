/**
 * A report as one HTML page that asks the network for nothing: uPlot's script and style stand in it, and the data.
 *
 *     throughput   transfers final in each second          latency   how many took how long
 *     stock        of the first bank, by kind              CPU       cores busy, by bank
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Report } from './report.js';
import type { RunResult } from './run.js';
import { describeReport } from './table.js';

interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly bars: boolean;
  readonly names: readonly string[];
  /** x, then one row a name. */
  readonly data: readonly (readonly (number | null)[])[];
}

const latencyBins = 60;

export async function writePage(run: RunResult, report: Report): Promise<string> {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const [script, style] = await Promise.all(
    ['uPlot.iife.min.js', 'uPlot.min.css'].map(file => readFile(join(uplot, 'dist', file), 'utf8')),
  );
  const { statement: s } = report;
  const plots = [throughput(run), latency(run), stock(run), cpu(run, s.banks)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Covault under load: n = ${s.banks}, K = ${s.pageSize}</title>
<style>${style}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; }
pre { background: #f6f6f4; padding: 1rem; overflow-x: auto; font-size: 12px; white-space: pre-wrap; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(27rem, 1fr)); gap: 1rem; }
</style>
</head>
<body>
<h1>${report.settledPerSecond} transfers a second, ${report.latencyMs.p50} ms</h1>
<p>${s.banks} banks, pages of ${s.pageSize}, ${s.pages} pages. Handed in by ${escaped(s.submit)}. Threat model: ${escaped(s.threatModel)}.</p>
<div class="plots" id="plots"></div>
<pre>${escaped(describeReport(report).join('\n'))}</pre>
<script>${script}</script>
<script>
const plots = ${JSON.stringify(plots).replaceAll('<', '\\u003c')};
${drawing}
</script>
</body>
</html>
`;
}

/** Runs in the page. */
const drawing = `
const colours = ['#2563a8', '#c2571a', '#2f8f4e', '#8a3fa0', '#a02c3f', '#5a6b7a', '#9a7d0a'];
for (const { title, x, y, bars, names, data } of plots) {
  const series = names.map((label, i) => ({
    label, stroke: colours[i], width: 1.5, points: { show: data[0].length < 3 },
    ...(bars ? { fill: colours[i] + '55', paths: uPlot.paths.bars({ size: [0.95] }) } : {}),
  }));
  const half = (data[0][1] - data[0][0]) / 2 || 1;
  new uPlot({
    title, width: 430, height: 260, scales: { x: { time: false, range: (u, min, max) => (bars ? [min - half, max + half] : [min, max]) }, y: { range: (u, min, max) => [0, max * 1.1 || 1] } },
    axes: [{ label: x }, { label: y, size: 70 }], series: [{ label: x }, ...series],
  }, data, document.getElementById('plots'));
}`;

/** Seconds since the clock started: the warm-up is negative. */
const secondOf = ({ window }: RunResult, at: number) => (at - window[0]) / 1000;

function throughput(run: RunResult): Plot {
  const counts = new Map<number, number>();
  const last = Math.floor(secondOf(run, run.window[1]) - 1e-9);
  for (let second = -Math.floor(run.options.warmup); second <= last; second++) counts.set(second, 0);
  for (const { finalAt } of run.transfers) {
    const second = finalAt === undefined ? Number.NaN : Math.floor(secondOf(run, finalAt));
    if (counts.has(second)) counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  const data = [[...counts.keys()].map(second => second + 0.5), [...counts.values()]];
  return { title: 'Throughput', x: 'seconds', y: 'transfers final', bars: true, names: ['transfers'], data };
}

function latency(run: RunResult): Plot {
  const [start, end] = run.window;
  const all = run.transfers.filter(({ at }) => at >= start && at < end);
  const times = all.map(({ at, finalAt }) => (finalAt ?? at) - at);
  const most = Math.max(
    1,
    ...times
      .toSorted((a, b) => a - b)
      .slice(0, Math.ceil(0.999 * times.length))
      .slice(-1),
  );
  const width = most / latencyBins;
  const counts = Array.from({ length: latencyBins }, () => 0);
  for (const time of times) counts[Math.min(latencyBins - 1, Math.floor(time / width))]++;
  const middles = counts.map((_, bin) => Math.round((bin + 0.5) * width * 10) / 10);
  return { title: 'Latency', x: 'ms', y: 'transfers', bars: true, names: ['transfers'], data: [middles, counts] };
}

function stock(run: RunResult): Plot {
  const kinds = ['vole', 'triples', 'selections'] as const;
  const used = kinds.filter(kind => run.samples.some(({ banks }) => banks[0].stock[kind].made > 0));
  const levels = used.map(kind =>
    run.samples.map(({ banks }) => banks[0].stock[kind].made - banks[0].stock[kind].used),
  );
  const times = run.samples.map(({ at }) => secondOf(run, at));
  return {
    title: 'Stock, first bank',
    x: 'seconds',
    y: 'elements',
    bars: false,
    names: used,
    data: [times, ...levels],
  };
}

function cpu(run: RunResult, banks: number): Plot {
  const rows = Array.from({ length: banks }, (_, bank) =>
    run.samples.slice(1).map(({ at, banks: now }, i) => {
      const before = run.samples[i];
      return (1000 * (now[bank].cpuSeconds - before.banks[bank].cpuSeconds)) / (at - before.at);
    }),
  );
  const times = run.samples.slice(1).map(({ at }) => secondOf(run, at));
  const names = rows.map((_, bank) => `bank ${bank + 1}`);
  return { title: 'CPU', x: 'seconds', y: 'cores busy', bars: false, names, data: [times, ...rows] };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
