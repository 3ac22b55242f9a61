/** The day, minute by minute: how much was decided, how fast, when the bank could settle at all, and what its disk had left. */
import type { ConsoleState, MinuteSample } from 'covault/console';
import { useState } from 'preact/hooks';
import { Chart } from './chart.js';
import { bytePoints, countPoints, latencyPoints, partsOf } from './day-points.js';
import { bytes, lasting, milliseconds, minuteMs, plural, rough, roundBytes, short, timeOf } from './format.js';
import { minutes } from './live.js';
import { Panel } from './panel.js';

/** Minutes shown, and minutes of one point. */
const spans = { '1 h': [60, 1], '6 h': [360, 3], '24 h': [1440, 10] } as const;
type Span = keyof typeof spans;

export function Day({ state }: { readonly state: ConsoleState }) {
  const [span, setSpan] = useState<Span>('1 h');
  const [length, each] = spans[span];
  const to = Math.floor(state.at / minuteMs) * minuteMs;
  // parts begin at round times: what was drawn stays as it is
  const from = Math.floor((to - length * minuteMs) / (each * minuteMs)) * each * minuteMs;
  const shown = minutes.value.filter(({ at }) => at >= from && at < to);
  const parts = partsOf(shown, from, each);
  const rejected = countPoints(parts, minute => minute.rejected).map(point => ({
    ...point,
    value: point.value || null,
  }));
  return (
    <Panel
      title="The day"
      area="area-day"
      aside={
        <fieldset class="segmented">
          <legend class="visually-hidden">Time shown</legend>
          {(Object.keys(spans) as Span[]).map(name => (
            <button key={name} type="button" aria-pressed={span === name} onClick={() => setSpan(name)}>
              {name}
            </button>
          ))}
        </fieldset>
      }
    >
      <Ribbon shown={shown} from={from} to={to} banks={state.peers.length} />
      <Chart
        title="Decided a minute"
        summary={`At most ${rough(most(shown))} envelopes in a minute of the last ${span}.`}
        from={from}
        to={to}
        axis={short}
        least={6}
        each={each}
        series={[
          { name: 'decided', look: 'main', filled: true, points: countPoints(parts, minute => minute.decided) },
          { name: 'rejected', look: 'bad', points: rejected },
        ]}
      />
      <Chart
        title="Latency"
        summary="From taking an envelope at this bank to its record."
        from={from}
        to={to}
        axis={milliseconds}
        least={90}
        each={each}
        series={[
          { name: 'half within', look: 'main', points: latencyPoints(parts, 'p50Ms') },
          { name: '95 of 100 within', look: 'second', points: latencyPoints(parts, 'p95Ms') },
        ]}
      />
      <Disk state={state} parts={parts} from={from} to={to} each={each} />
      <p class="small soft">
        Remembered since {timeOf(state.totals.since)}, for a day and over restarts of this bank. Counts of one to four
        in a minute are not told apart: on a quiet network, one payment at one time is somebody's.
      </p>
      {shown.length > 0 && <MinuteTable shown={shown} />}
    </Panel>
  );
}

interface DiskProps {
  readonly state: ConsoleState;
  readonly parts: ReturnType<typeof partsOf>;
  readonly from: number;
  readonly to: number;
  readonly each: number;
}

/** What is free, and what this bank takes of it: each at its own scale. */
function Disk({ state, parts, from, to, each }: DiskProps) {
  const { diskFreeBytes, dataBytes } = state.machine;
  const span = { from, to, each, axis: roundBytes, least: 3e6, height: 132 };
  return (
    <div class="charts">
      <Chart
        {...span}
        title="Free on the disk"
        summary={fullSaid(state) ?? 'The day carries no rate at which it fills.'}
        now={diskFreeBytes === null ? undefined : bytes(diskFreeBytes)}
        series={[{ name: 'free', look: 'main', filled: true, points: bytePoints(parts, 'diskFreeBytes') }]}
      />
      <Chart
        {...span}
        title="Data of this bank"
        summary="All that is in its data folder, the ledger's store most of all."
        now={dataBytes === null ? undefined : bytes(dataBytes)}
        series={[{ name: 'data', look: 'second', filled: true, points: bytePoints(parts, 'dataBytes') }]}
      />
      <p class="small" data-testid="disk-full">
        {fullSaid(state)}
      </p>
    </div>
  );
}

function fullSaid({ diskFullInDays }: ConsoleState): string | undefined {
  return diskFullInDays === null ? undefined : `Full in about ${plural(diskFullInDays, 'day')} at this rate.`;
}

function most(shown: readonly MinuteSample[]): number | 'few' {
  const counts = shown.map(({ decided }) => decided);
  const numbers = counts.filter(count => count !== 'few');
  const top = Math.max(0, ...numbers);
  return top === 0 && counts.includes('few') ? 'few' : top;
}

/** One cell a minute, or for several: green when the bank could settle. */
function Ribbon({
  shown,
  from,
  to,
  banks,
}: {
  readonly shown: readonly MinuteSample[];
  readonly from: number;
  readonly to: number;
  readonly banks: number;
}) {
  const cells = 60;
  const each = (to - from) / cells;
  const able = shown.length === 0 ? undefined : shown.reduce((sum, minute) => sum + minute.able, 0) / shown.length;
  const looks = Array.from({ length: cells }, (_, i) => {
    const inside = shown.filter(({ at }) => at >= from + i * each && at < from + (i + 1) * each);
    if (inside.length === 0) return { look: 'none', said: 'not known' };
    const worst = Math.min(...inside.map(minute => minute.able));
    const fewest = Math.min(...inside.map(({ connected }) => connected));
    const said = `${timeOf(from + i * each)}: ${worst >= 0.99 ? 'could settle' : 'could not settle all the time'}, ${fewest} of ${banks} links`;
    return { look: worst >= 0.99 ? 'good' : worst > 0.5 ? 'warn' : 'bad', said };
  });
  const percent =
    able === undefined ? 'not known' : `${(100 * able).toFixed(able > 0.999 ? 0 : 1)}% of the minutes known`;
  return (
    <figure class="ribbon-box">
      <figcaption>
        <span class="chart-title">Could settle</span>
        <span class="small soft number">{percent}</span>
      </figcaption>
      <div class="ribbon" role="img" aria-label={`Could settle in ${percent}.`}>
        {looks.map(({ look, said }, i) => (
          <span key={i} class={look} title={said} />
        ))}
      </div>
    </figure>
  );
}

const ifKnown = (value: number | null, said: (value: number) => string) => (value === null ? '–' : said(value));

const columns: readonly (readonly [head: string, cell: (minute: MinuteSample) => string | number])[] = [
  ['Decided', ({ decided }) => rough(decided)],
  ['Rejected', ({ rejected }) => rough(rejected)],
  ['Half within', ({ p50Ms }) => ifKnown(p50Ms, milliseconds)],
  ['95 of 100 within', ({ p95Ms }) => ifKnown(p95Ms, milliseconds)],
  ['Queue', ({ queue }) => rough(queue)],
  ['Links', ({ connected }) => connected],
  ['Stock lasted', ({ stockSeconds }) => ifKnown(stockSeconds, lasting)],
  ['Memory', ({ memoryBytes }) => bytes(memoryBytes)],
  ['Data', ({ dataBytes }) => ifKnown(dataBytes, bytes)],
  ['Disk free', ({ diskFreeBytes }) => ifKnown(diskFreeBytes, bytes)],
];

/** For those who do not see drawings, or want the figures. */
function MinuteTable({ shown }: { readonly shown: readonly MinuteSample[] }) {
  const last = shown.slice(-30).reverse();
  return (
    <details>
      <summary>The last {plural(last.length, 'minute')} as a table</summary>
      <div class="scroll-x">
        <table class="table dense">
          <thead>
            <tr>
              <th scope="col">Minute</th>
              {columns.map(([head]) => (
                <th key={head} scope="col" class="figure">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {last.map(minute => (
              <tr key={minute.at}>
                <th scope="row">{timeOf(minute.at)}</th>
                {columns.map(([head, cell]) => (
                  <td key={head} class="figure">
                    {cell(minute)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
