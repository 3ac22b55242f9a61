/** The preprocessing ahead: how much there is, how fast it goes and comes, and how long it lasts. */
import type { ConsoleState, StockState } from 'covault/console';
import { lasting, short } from './format.js';
import { Gauge, Panel } from './panel.js';

const names = { vole: 'VOLE elements', selections: 'Selection tuples', triples: 'Triples' } as const;

export function Stock({ state }: { readonly state: ConsoleState }) {
  const { stock, stockBusy } = state;
  return (
    <Panel
      title="Preprocessing"
      area="area-stock"
      aside={stockBusy !== null && <span class="soft small number">thread busy {Math.round(100 * stockBusy)}%</span>}
    >
      {stock.length === 0 ? (
        <p class="soft">No stock yet: it is made when all banks are in a session.</p>
      ) : (
        <ul class="stock">
          {stock.map(level => (
            <Level key={level.kind} level={level} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Level({ level }: { readonly level: StockState }) {
  const { kind, ahead, low, high, madePerSecond, usedPerSecond, secondsLeft } = level;
  const full = Math.max(high ?? 0, ahead, 1);
  const isLow = low !== null && ahead < low / 2 && (usedPerSecond ?? 0) > 0;
  const look = ahead === 0 ? 'bad' : isLow ? 'warn' : 'good';
  const lasts = ahead === 0 ? 'none left' : secondsLeft === null ? 'none used now' : `lasts ${lasting(secondsLeft)}`;
  return (
    <li>
      <div class="row spread">
        <strong>{names[kind]}</strong>
        <span class={`number ${look === 'good' ? '' : `said-${look}`}`}>{lasts}</span>
      </div>
      <Gauge
        part={ahead / full}
        look={look}
        marks={low === null ? [] : [low / full]}
        label={`${short(ahead)} ahead${high === null ? '' : ` of ${short(high)}`}`}
      />
      <div class="row spread small soft number">
        <span>
          {short(ahead)} ahead{low !== null && `, more made below ${short(low)}`}
        </span>
        {madePerSecond !== null && usedPerSecond !== null && (
          <span>
            {short(madePerSecond)} made, {short(usedPerSecond)} used a second
          </span>
        )}
      </div>
    </li>
  );
}
