/** The wallet in the browser: starts the page. */
import '../common/base.css';
import '../common/controls.css';
import './wallet.css';
import './begin.css';
import './money.css';
import './pages.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { startTheme } from '../common/theme.js';
import { App } from './app.js';
import { place, startRouter } from './router.js';
import { lockWhenIdle, start } from './session.js';

startTheme();
startRouter();
// who only looks at what somebody has shown needs no wallet
const stop = effect(() => {
  if (place.value.path === '/view') return;
  queueMicrotask(() => stop());
  void start();
});
lockWhenIdle();
render(<App />, document.getElementById('app') as HTMLElement);
