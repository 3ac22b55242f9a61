/** The wallet in the browser: starts the page. */
import '../common/base.css';
import { decodeNetworkFile, Wallet } from 'covault/wallet';
import { render } from 'preact';
import { Mark } from '../common/mark.js';
import { startTheme } from '../common/theme.js';

startTheme();
render(
  <main>
    <Mark /> {typeof Wallet} {typeof decodeNetworkFile}
  </main>,
  document.getElementById('app') as HTMLElement,
);
