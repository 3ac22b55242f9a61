/** The console in the browser: starts the page. */
import '../common/base.css';
import '../common/controls.css';
import './console.css';
import './panels.css';
import './overview.css';
import './chart.css';
import './records.css';
import { render } from 'preact';
import { startTheme } from '../common/theme.js';
import { App } from './app.js';

startTheme();
render(<App />, document.getElementById('app') as HTMLElement);
