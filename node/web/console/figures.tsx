/** The numbers that one looks for first, each with its day behind it. */
import type { ConsoleState, MinuteSample } from 'covault/console';
import type { ComponentChildren } from 'preact';
import { Sparkline } from './chart.js';
import { drawn, type Point } from './day-points.js';
import { lasting, milliseconds, rough, whole } from './format.js';
import { minutes } from './live.js';

const pointsOf = (of: (minute: MinuteSample) => number | null): Point[] =>
  minutes.value.map(minute => ({ at: minute.at, value: of(minute), said: '' }));

export function Figures({ state }: { readonly state: ConsoleState }) {
  const { height, finalHeight, perSecond, latency, queue, stock } = state;
  const seconds = stock.flatMap(({ secondsLeft }) => secondsLeft ?? []);
  const shortest = seconds.length === 0 ? undefined : Math.min(...seconds);
  return (
    <div class="figures">
      <Tile name="Height" said={finalHeight === height ? 'final' : `final up to ${whole(finalHeight)}`} testid="height">
        {whole(height)}
      </Tile>
      <Tile
        name="Decided a second"
        said="mean of the last minute"
        points={pointsOf(({ decided }) => drawn(decided))}
        testid="throughput"
      >
        {perSecond === 'few' ? <>&lt;&thinsp;0.1</> : perSecond === 0 ? '0' : whole(perSecond)}
      </Tile>
      <Tile
        name="Latency"
        said={latency ? `95 of 100 within ${milliseconds(latency.p95Ms)}` : 'nothing handed in here lately'}
        points={pointsOf(({ p50Ms }) => p50Ms)}
        testid="latency"
      >
        {latency ? milliseconds(latency.p50Ms) : '–'}
      </Tile>
      <Tile
        name="Queue"
        said={queue.ready === 0 ? `room for ${whole(queue.max)} a bank` : `${rough(queue.ready)} ready for a block`}
        points={pointsOf(({ queue: most }) => drawn(most))}
        testid="queue"
      >
        {rough(queue.known)}
      </Tile>
      <Tile
        name="Stock lasts"
        said={shortest === undefined ? 'none is used now' : 'at the present rate, were none made'}
        points={pointsOf(({ stockSeconds }) => stockSeconds)}
        testid="stock-left"
      >
        {shortest === undefined ? '–' : lasting(shortest)}
      </Tile>
    </div>
  );
}

interface TileProps {
  readonly name: string;
  readonly said: string;
  readonly points?: readonly Point[];
  readonly testid: string;
  readonly children: ComponentChildren;
}

function Tile({ name, said, points = [], testid, children }: TileProps) {
  return (
    <div class="tile">
      <span class="tile-name">{name}</span>
      <span class="tile-value number" data-testid={testid}>
        {children}
      </span>
      <span class="tile-said">{said}</span>
      {points.length > 1 && <Sparkline points={points} />}
    </div>
  );
}
