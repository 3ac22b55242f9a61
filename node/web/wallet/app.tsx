/** The frame around every page: sign, ways, state of the banks; and which page is shown. */
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Busy, Button, Notice, SkipLink, ThemeSwitch } from '../common/components.js';
import { Icon, type IconName } from '../common/icons.js';
import { Mark } from '../common/mark.js';
import { AccountPage } from './pages/account.js';
import { BanksPage } from './pages/banks.js';
import { ConsentPage } from './pages/consent.js';
import { FreshPhrasePage } from './pages/fresh-phrase.js';
import { HistoryPage } from './pages/history.js';
import { HomePage } from './pages/home.js';
import { OpenAccountPage } from './pages/open-account.js';
import { PayPage } from './pages/pay.js';
import { PaymentPage } from './pages/payment.js';
import { SettingsPage } from './pages/settings.js';
import { StatementPage } from './pages/statement.js';
import { UnlockPage } from './pages/unlock.js';
import { ViewPage } from './pages/view.js';
import { WelcomePage } from './pages/welcome.js';
import { BanksLine } from './parts/banks-line.js';
import { place } from './router.js';
import { failure, freshPhrase, lock, phase, start } from './session.js';
import { sentenceOf } from './words.js';

interface Way {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
}

const ways: readonly Way[] = [
  { path: '/', name: 'Accounts', icon: 'wallet' },
  { path: '/pay', name: 'Pay', icon: 'send' },
  { path: '/history', name: 'History', icon: 'history' },
  { path: '/consent', name: 'Consent', icon: 'eye' },
  { path: '/banks', name: 'Privacy', icon: 'pie' },
  { path: '/settings', name: 'Wallet', icon: 'key' },
];

const pages: Readonly<Record<string, ComponentType>> = {
  '/': HomePage,
  '/pay': PayPage,
  '/payment': PaymentPage,
  '/account': AccountPage,
  '/open-account': OpenAccountPage,
  '/history': HistoryPage,
  '/consent': ConsentPage,
  '/statement': StatementPage,
  '/banks': BanksPage,
  '/settings': SettingsPage,
};

export function App() {
  const isViewing = place.value.path === '/view';
  const isInside = phase.value === 'open' && freshPhrase.value === undefined && !isViewing;
  return (
    <>
      <SkipLink to="main" />
      <header class="top no-print">
        <a class="brand" href="#/" aria-label="Covault wallet, start">
          <Mark />
          <span>Covault</span>
        </a>
        <div class="row top-end">
          {!isViewing && <BanksLine />}
          <ThemeSwitch />
          {isInside && (
            <Button look="quiet" icon="lock" onClick={() => void lock()}>
              <span class="lock-word">Lock</span>
            </Button>
          )}
        </div>
      </header>
      <div class={isInside ? 'frame inside' : 'frame'}>
        {isInside && <Ways />}
        <Main />
      </div>
    </>
  );
}

/** A page that has no way of its own belongs to that of another. */
const parents: Readonly<Record<string, string>> = {
  '/payment': '/history',
  '/statement': '/history',
  '/account': '/',
  '/open-account': '/',
};

function Ways() {
  const here = place.value.path;
  return (
    <nav class="ways no-print" aria-label="Wallet">
      {ways.map(({ path, name, icon }) => (
        <a key={path} href={`#${path}`} aria-current={(parents[here] ?? here) === path ? 'page' : undefined}>
          <Icon name={icon} size={22} />
          <span>{name}</span>
        </a>
      ))}
    </nav>
  );
}

/** A new page is announced: its title, and the keyboard begins at its top. */
function Main() {
  const main = useRef<HTMLElement>(null);
  const { path } = place.value;
  const seen = useRef(path);
  useEffect(() => {
    if (seen.current === path) return;
    seen.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);
  useEffect(() => {
    const title = main.current?.querySelector('h1')?.textContent;
    document.title = title ? `${title} · Covault` : 'Covault wallet';
  });
  return (
    <main id="main" ref={main} tabIndex={-1}>
      <Shown />
    </main>
  );
}

function Shown() {
  if (!window.isSecureContext) return <Insecure />;
  if (place.value.path === '/view') return <ViewPage />;
  if (phase.value === 'starting') return <Busy>Starting</Busy>;
  if (phase.value === 'broken') return <Broken />;
  if (phase.value === 'elsewhere') return <Elsewhere />;
  if (phase.value === 'empty') return <WelcomePage />;
  if (phase.value === 'locked') return <UnlockPage />;
  if (freshPhrase.value !== undefined) return <FreshPhrasePage phrase={freshPhrase.value} />;
  const Page = pages[place.value.path] ?? HomePage;
  return <Page />;
}

function Broken() {
  return (
    <div class="narrow stack">
      <h1>The wallet cannot start</h1>
      <Notice look="bad">{sentenceOf(failure.value)}</Notice>
      <Button icon="refresh" onClick={() => void start()}>
        Try again
      </Button>
    </div>
  );
}

function Elsewhere() {
  return (
    <div class="narrow stack">
      <h1>Open in another window</h1>
      <p>
        One window at a time has the wallet open, so that two never write down different halves of what was paid. Close
        or lock the other one, then go on here.
      </p>
      <Button look="primary" icon="refresh" onClick={() => void start()}>
        Go on here
      </Button>
    </div>
  );
}

function Insecure() {
  return (
    <div class="narrow stack">
      <h1>This connection is not secure</h1>
      <Notice look="bad">
        Somebody on the way could have changed this page. Open it by an address that begins with https.
      </Notice>
    </div>
  );
}
