import type { LiveFleet } from '../liveFleet';
import { count, dateTime } from '../model/format';
import type { ClusterServer } from '../protocol';
import { useSignal } from './hooks';
import { Back } from './manageView';

/** The servers of the cluster: who holds how many NVRs, who is behind, who is lost. */
export function ServersView({ live }: { live: LiveFleet }) {
  useSignal(live.servers.changed, 0);
  const { cluster, failed } = live.servers;
  if (!cluster) return <main class="manage"><Back /><section class="panel"><h1>Servers</h1><p>{failed || 'This is a single server, or the token may not see the others.'}</p></section></main>;
  const { log } = cluster;
  return (
    <main class="manage">
      <Back />
      <section class="panel" aria-labelledby="servers-title">
        <header><h1 id="servers-title">Servers</h1></header>
        {!log.lease && <p class="note" role="alert">This server does not reach etcd: it acknowledges and shows nothing new.</p>}
        {failed && <p class="note" role="alert">The list is not current: {failed}</p>}
        <table>
          <thead>
            <tr>
              <th scope="col">Server</th><th scope="col">State</th><th scope="col" class="number">NVRs</th><th scope="col" class="number">Dashboards</th>
              <th scope="col" class="number">Behind</th><th scope="col" class="wide">Version</th><th scope="col" class="wide">Joined</th>
            </tr>
          </thead>
          <tbody>
            {cluster.nodes.map((server) => (
              <tr key={`${server.node} ${server.boot}`}>
                <th scope="row">{server.address ? <a href={server.address}>{server.node}</a> : server.node}{server.node === cluster.node && <span class="dim"> (this page)</span>}</th>
                <td>{stateOf(server)}</td>
                <td class="number">{count(server.nvrs)}</td>
                <td class="number">{server.state === 'live' && server.applied > 0 ? count(server.dashboards) : <span class="dim">–</span>}</td>
                <td class="number">{behind(server, log.head)}</td>
                <td class="wide">{server.version}</td>
                <td class="wide">{dateTime(Date.parse(server.joined))}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p class="dim">Cluster {cluster.cluster}, etcd {log.etcd_version} at {log.endpoint}{log.problem && <>: {log.problem}</>}. Behind: positions of the log that a server has yet to apply, as of some seconds ago.</p>
      </section>
    </main>
  );
}

function stateOf({ state, lost, expires }: ClusterServer) {
  if (state === 'live') return 'live';
  return <><b>lost</b> since {dateTime(Date.parse(lost!))}; its NVRs have until {dateTime(Date.parse(expires!))} to return</>;
}

/** The positions that a server is behind. Some are always on their way. */
function behind({ state, applied }: ClusterServer, head: number) {
  return state === 'live' && applied > 0 ? count(Math.max(head - applied, 0)) : <span class="dim">–</span>;
}
