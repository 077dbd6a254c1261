import { render } from 'preact';
import { App } from './app';
import { LiveFleet } from './liveFleet';
import { startToken } from './net/token';
import { startTheme } from './view/theme';
import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/overview.css';
import './style/nvr.css';
import './style/alerts.css';
import './style/waiting.css';
import './style/manage.css';
import './style/report.css';

startTheme();
startToken();
render(<App live={new LiveFleet()} kiosk={new URLSearchParams(location.search).has('kiosk')} />, document.body);
