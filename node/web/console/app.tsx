/** The frame of the page: who this bank is, how fresh the news, what to look at; and the login before it. */
import { useEffect, useState } from 'preact/hooks';
import { Busy, Button, SkipLink, ThemeSwitch } from '../common/components.js';
import { Mark } from '../common/mark.js';
import { logout } from './api.js';
import { duration } from './format.js';
import { endSession, newsAt, now, signedIn, staleMs, startLive, state } from './live.js';
import { Login } from './login.js';
import { Overview } from './overview.js';
import { Records } from './records.js';

export function App() {
  return signedIn.value ? <Console /> : <Login onDone={() => (signedIn.value = true)} />;
}

const views = { overview: 'Overview', records: 'Records' } as const;
type View = keyof typeof views;

const viewInAddress = (): View => (window.location.hash.startsWith('#records') ? 'records' : 'overview');

function Console() {
  const [view, setView] = useState<View>(viewInAddress());
  useEffect(() => {
    void startLive();
    const follow = () => setView(viewInAddress());
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  const bank = state.value?.bank;
  useEffect(() => {
    const worst = state.value?.alerts[0]?.level;
    document.title = `${worst === 'act' ? '⚠ ' : ''}${bank ?? 'Covault'} console`;
  }, [bank, state.value?.alerts[0]?.level]);
  return (
    <>
      <SkipLink to="content" />
      <header class="bar">
        <div class="brand">
          <Mark size={26} />
          <div>
            <strong>{bank ?? 'Covault'}</strong>
            <span class="soft small">operators' console</span>
          </div>
        </div>
        <nav class="tabs" aria-label="Views">
          {(Object.keys(views) as View[]).map(name => (
            <a key={name} href={`#${name}`} aria-current={view === name ? 'page' : undefined}>
              {views[name]}
            </a>
          ))}
        </nav>
        <div class="bar-end">
          <Freshness />
          <ThemeSwitch />
          <Button look="quiet" onClick={() => void logout().then(endSession)}>
            Leave
          </Button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {state.value ? (
          view === 'overview' ? (
            <Overview state={state.value} />
          ) : (
            <Records state={state.value} />
          )
        ) : (
          <div class="card waiting">
            <Busy>Asking the bank…</Busy>
          </div>
        )}
      </main>
    </>
  );
}

/** Old figures must not pass for new ones. */
function Freshness() {
  const age = Math.max(0, now.value - newsAt.value);
  const isStale = age > staleMs;
  return (
    <span class={`fresh ${isStale ? 'stale' : ''}`} role="status" data-testid="freshness">
      <span class="dot" aria-hidden="true" />
      {isStale ? `no news for ${duration(age / 1000)}` : 'live'}
    </span>
  );
}
