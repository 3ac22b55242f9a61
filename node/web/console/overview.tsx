/** Everything at a glance: first what is wrong and what to do, then the network, its figures, its day, this machine. */
import type { ConsoleState } from 'covault/console';
import { Alerts } from './alerts.js';
import { Banks } from './banks.js';
import { Day } from './day.js';
import { Figures } from './figures.js';
import { Conservation, Evidence, Rejects } from './integrity.js';
import { Events, Machine } from './machine.js';
import { Recovery } from './recovery.js';
import { Stock } from './stock.js';

export function Overview({ state }: { readonly state: ConsoleState }) {
  return (
    <div class="overview">
      <h1 class="visually-hidden">Overview of {state.bank}</h1>
      <Alerts state={state} />
      <Figures state={state} />
      <Banks state={state} />
      <Day state={state} />
      <Stock state={state} />
      <div class="column">
        <Conservation state={state} />
        <Evidence state={state} />
      </div>
      <div class="column">
        <Recovery state={state} />
        <Machine state={state} />
      </div>
      <Rejects state={state} />
      <Events state={state} />
    </div>
  );
}
