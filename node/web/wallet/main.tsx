/** The wallet in the browser: starts the page. */
import '../common/base.css';
import './wallet.css';
import { render } from 'preact';
import { startTheme } from '../common/theme.js';
import { App } from './app.js';
import { startRouter } from './router.js';
import { lockWhenIdle, start } from './session.js';

startTheme();
startRouter();
void start();
lockWhenIdle();
render(<App />, document.getElementById('app') as HTMLElement);
