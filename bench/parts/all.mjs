import { alerts } from './alerts.mjs';
import { cluster } from './cluster.mjs';
import { clusterScale } from './cluster_scale.mjs';
import { fleetMetrics } from './fleet_metrics.mjs';
import { growth } from './growth.mjs';
import { growthOfLog } from './growth_log.mjs';
import { history } from './history.mjs';
import { latency } from './latency.mjs';
import { peers } from './peers.mjs';
import { audience } from './audience.mjs';
import { fleets } from './fleets.mjs';
import { storms } from './storms.mjs';
import { tls } from './tls.mjs';
import { uwebsockets } from './uwebsockets.mjs';

/** In the order of execution. `run` gets a Bench. */
export const parts = [...peers, ...latency, ...uwebsockets, ...fleets, ...storms, ...tls, ...audience, ...history, ...fleetMetrics, ...alerts, ...growth, ...growthOfLog, ...cluster, ...clusterScale];
