/**
 * Lines over the minutes of a day, as plain SVG: no library, nothing a strict content policy would refuse. A pointer, or the
 * arrow keys on a slider that is there for them, move a cursor that says the values of one minute. Gaps stay gaps.
 */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Point, partSaid } from './day-points.js';
import { minuteMs, timeOf } from './format.js';

interface Series {
  readonly name: string;
  readonly look: 'main' | 'second' | 'bad';
  readonly points: readonly Point[];
  /** Under the line. */
  readonly filled?: boolean;
}

interface ChartProps {
  readonly title: string;
  /** What it shows, in one sentence, for those who do not see it. */
  readonly summary: string;
  readonly series: readonly Series[];
  /** The whole time shown. */
  readonly from: number;
  readonly to: number;
  readonly axis: (value: number) => string;
  readonly height?: number;
  /** The scale goes at least to this. */
  readonly least?: number;
  /** Minutes that a point stands for. */
  readonly each?: number;
  /** The present value, beside the title. */
  readonly now?: string | undefined;
}

const edge = { top: 10, right: 10, bottom: 22, left: 48 } as const;

export function Chart({ title, summary, series, from, to, axis, height = 176, least = 1, each = 1, now }: ChartProps) {
  const [box, width] = useWidth();
  const [cursor, setCursor] = useState<number>();
  const id = useId();
  const values = series.flatMap(({ points }) => points.flatMap(({ value }) => (value === null ? [] : [value])));
  const ticks = niceTicks(Math.max(least, ...values));
  const top = ticks[ticks.length - 1] ?? least;
  const x = (at: number) => edge.left + ((at - from) / (to - from)) * (width - edge.left - edge.right);
  const y = (value: number) => height - edge.bottom - (value / top) * (height - edge.top - edge.bottom);
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
  const at = cursor === undefined ? undefined : nearest(times, cursor);
  const said =
    at === undefined ? '' : `${partSaid(at, each)}: ${series.map(one => `${one.name} ${valueAt(one, at)}`).join(', ')}`;

  function pointed(event: PointerEvent): void {
    const left = (event.currentTarget as Element).getBoundingClientRect().left;
    const inner = width - edge.left - edge.right;
    setCursor(from + ((event.clientX - left - edge.left) / inner) * (to - from));
  }
  return (
    <figure class="chart" aria-labelledby={`${id}-title`}>
      <figcaption>
        <span id={`${id}-title`} class="chart-title">
          {title}
        </span>
        {now !== undefined && <strong class="chart-now number">{now}</strong>}
        <span class="legend">
          {series.length > 1 &&
            series.map(({ name, look }) => (
              <span key={name} class="legend-item">
                <span class={`swatch ${look}`} aria-hidden="true" />
                {name}
              </span>
            ))}
        </span>
        <span class="cursor-said number" aria-hidden="true">
          {said}
        </span>
      </figcaption>
      <div ref={box} class="chart-box">
        {values.length === 0 && (
          <p class="chart-empty small soft">Nothing yet: a point comes with every full minute.</p>
        )}
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`${title}. ${summary}`}
          onPointerMove={pointed}
          onPointerLeave={() => setCursor(undefined)}
        >
          {ticks.map(tick => (
            <g key={tick} class="tick">
              <line x1={edge.left} x2={width - edge.right} y1={y(tick)} y2={y(tick)} />
              <text x={edge.left - 8} y={y(tick)} dy="0.32em" text-anchor="end">
                {axis(tick)}
              </text>
            </g>
          ))}
          {timeTicks(from, to, width).map(time => (
            <text key={time} class="time" x={x(time)} y={height - 6} text-anchor="middle">
              {timeOf(time)}
            </text>
          ))}
          {series.map(({ name, look, points, filled }) =>
            runs(points, each).map(run => (
              <g key={`${name}${run[0]?.at}`} class={`series ${look}`}>
                {filled && <path class="area" d={areaOf(run, x, y)} />}
                {run.length === 1 ? (
                  <circle cx={x(run[0].at)} cy={y(run[0].value)} r="2.5" />
                ) : (
                  <path class="line" d={lineOf(run, x, y)} />
                )}
              </g>
            )),
          )}
          {at !== undefined && (
            <g class="cursor">
              <line x1={x(at)} x2={x(at)} y1={edge.top} y2={height - edge.bottom} />
              {series.map(({ name, look, points }) => {
                const value = points.find(point => point.at === at)?.value;
                return value === undefined || value === null ? null : (
                  <circle key={name} class={look} cx={x(at)} cy={y(value)} r="4" />
                );
              })}
            </g>
          )}
        </svg>
        {times.length > 0 && (
          <input
            type="range"
            class="visually-hidden"
            min={0}
            max={times.length - 1}
            value={at === undefined ? times.length - 1 : times.indexOf(at)}
            aria-label={`${title}: minute`}
            aria-valuetext={said}
            onFocus={event => setCursor(times[Number(event.currentTarget.value)])}
            onInput={event => setCursor(times[Number(event.currentTarget.value)])}
            onBlur={() => setCursor(undefined)}
          />
        )}
      </div>
    </figure>
  );
}

/** A line without axes, for a tile. */
export function Sparkline({ points }: { readonly points: readonly Point[] }) {
  const [width, height] = [100, 26];
  const shown = points.slice(-120);
  const first = shown[0]?.at ?? 0;
  const span = Math.max(1, (shown.at(-1)?.at ?? 1) - first);
  const top = Math.max(1e-9, ...shown.map(({ value }) => value ?? 0));
  const x = (at: number) => ((at - first) / span) * width;
  const y = (value: number) => height - 2 - (value / top) * (height - 4);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {runs(shown, 1).map(run => (
        <g key={run[0]?.at}>
          <path class="area" d={areaOf(run, x, y, height)} />
          <path class="line" d={lineOf(run, x, y)} vector-effect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
}

type Known = Point & { readonly value: number };

/** Unbroken parts: minutes that follow each other and have a value. */
function runs(points: readonly Point[], each: number): Known[][] {
  const found: Known[][] = [];
  let before: Known | undefined;
  for (const point of points) {
    const { at, value } = point;
    if (value === null) {
      before = undefined;
      continue;
    }
    const known = { ...point, value };
    if (before && at - before.at <= 2 * each * minuteMs) found.at(-1)?.push(known);
    else found.push([known]);
    before = known;
  }
  return found;
}

type Scale = (value: number) => number;

const at1 = (value: number) => value.toFixed(1);
const lineOf = (run: readonly Known[], x: Scale, y: Scale) =>
  run.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${at1(x(at))} ${at1(y(value))}`).join('');
const areaOf = (run: readonly Known[], x: Scale, y: Scale, bottom = y(0)) =>
  `${lineOf(run, x, y)}L${at1(x(run[run.length - 1].at))} ${at1(bottom)}L${at1(x(run[0].at))} ${at1(bottom)}Z`;

const valueAt = ({ points }: Series, at: number) => points.find(point => point.at === at)?.said ?? 'nothing known';

function nearest(times: readonly number[], wanted: number): number | undefined {
  let best: number | undefined;
  for (const time of times) {
    if (best === undefined || Math.abs(time - wanted) < Math.abs(best - wanted)) best = time;
  }
  return best;
}

/** 0 and three or four round numbers, the last at or above `top`. */
function niceTicks(top: number): number[] {
  const rough = top / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map(each => each * power).find(each => each * 3 >= top) ?? 10 * power;
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(10)));
}

/** Round times, as many as have room. */
function timeTicks(from: number, to: number, width: number): number[] {
  const room = Math.max(2, Math.floor((width - edge.left) / 90));
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map(minutes => minutes * minuteMs);
  const step = steps.find(each => (to - from) / each <= room) ?? 720 * minuteMs;
  const offset = new Date(from).getTimezoneOffset() * minuteMs;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const ticks: number[] = [];
  for (let time = first; time <= to; time += step) ticks.push(time);
  return ticks.filter(time => time - from > 0.03 * (to - from) && to - time > 0.02 * (to - from));
}

/** As wide as there is room: a drawing that is stretched would stretch its letters. */
function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    if (!box.current) return;
    const seen = new ResizeObserver(([entry]) => entry && setWidth(Math.max(240, Math.floor(entry.contentRect.width))));
    seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  return [box, width];
}
