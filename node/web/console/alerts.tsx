/** In one sentence how it stands; then each thing that is wrong, what it means, and what to do. */
import type { Alert, ConsoleState } from 'covault/console';
import { allBanks, capital, listed } from '../common/format.js';
import { Icon } from '../common/icons.js';
import { duration } from './format.js';
import { newsAt, now, staleMs } from './live.js';

export function Alerts({ state }: { readonly state: ConsoleState }) {
  const silence = now.value - newsAt.value;
  const isSilent = silence > staleMs;
  const { look, title, text } = isSilent ? silent(state, silence) : headline(state);
  return (
    <section class="alerts" aria-label="How it stands">
      <div class={`headline ${look}`} role={look === 'bad' ? 'alert' : 'status'} data-testid="headline">
        <span class="lamp" aria-hidden="true">
          <Icon name={look === 'good' ? 'check' : look === 'bad' ? 'alert' : 'clock'} size={22} />
        </span>
        <div>
          <p class="headline-title">{title}</p>
          <p class="headline-text">{text}</p>
        </div>
      </div>
      {!isSilent && state.alerts.map(alert => <AlertCard key={`${alert.code} ${alert.bank ?? ''}`} alert={alert} />)}
    </section>
  );
}

const looks = { act: 'bad', watch: 'warn', note: 'plain' } as const;
const levels = { act: 'Act now', watch: 'Watch', note: 'Note' } as const;

function AlertCard({ alert }: { readonly alert: Alert }) {
  const { code, level, title, text, action } = alert;
  return (
    <article class={`alert ${looks[level]}`} data-alert={code}>
      <div class="alert-body">
        <header>
          <span class={`tag ${looks[level]}`}>{levels[level]}</span>
          <h2>{title}</h2>
        </header>
        <p>{text}</p>
        <p class="do">
          <strong>What to do</strong> {action}
        </p>
      </div>
    </article>
  );
}

interface Headline {
  readonly look: 'good' | 'warn' | 'bad';
  readonly title: string;
  readonly text: string;
}

function headline(state: ConsoleState): Headline {
  const { phase, height, network, peers, waitingFor } = state;
  const away = peers.filter(({ connected }) => !connected).map(({ name }) => name);
  const all = capital(allBanks(network.banks.length));
  if (phase === 'halted') {
    return {
      look: 'bad',
      title: 'The network has stopped',
      text: `Nothing settles after height ${height}; balances are as its record left them.`,
    };
  }
  if (away.length > 0) {
    return {
      look: 'bad',
      title: `${listed(away)} ${away.length === 1 ? 'is' : 'are'} away: nothing settles`,
      text: 'Every bank is needed for every block. Payments wait, and go on by themselves when all are back.',
    };
  }
  if (phase === 'connecting') {
    return { look: 'warn', title: 'The banks agree on a session', text: `${all} are connected.` };
  }
  if (phase === 'preparing') {
    return { look: 'warn', title: 'The first stock is being made', text: 'Settling begins when all banks have some.' };
  }
  const worst = state.alerts.find(({ level }) => level !== 'note');
  if (worst) {
    const goesOn = worst.level === 'watch' ? 'It settles, but something needs a look' : 'It settles, but not for long';
    return { look: 'warn', title: goesOn, text: `${all} are connected, at height ${height}.` };
  }
  if (phase === 'settling') {
    const waits = waitingFor.length > 0 ? ` Waiting for ${listed(waitingFor)} just now.` : '';
    return {
      look: 'good',
      title: 'All is well',
      text: `${all} are connected and settle height ${height + 1}.${waits}`,
    };
  }
  return { look: 'good', title: 'All is well', text: `${all} are connected; nothing waits to be settled.` };
}

function silent({ bank }: ConsoleState, ms: number): Headline {
  return {
    look: 'bad',
    title: `No news from ${bank} for ${duration(ms / 1000)}`,
    text: 'What you see below is old. Is the bank running? Look at its service and its log; this page tries again by itself.',
  };
}
