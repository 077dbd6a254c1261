import assert from 'node:assert/strict';
import { Client } from './support/client.mjs';
import { cameraPath, nvrPath } from './support/http.mjs';
import { Metrics, promtool } from './support/metrics.mjs';
import { OP, frame } from './support/raw.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';

/** The increase of the sample. */
const grown = (before, after, name, labels) => after.value(name, labels) - (before.value(name, labels) ?? 0);

async function checkLint(server) {
  const { text } = await Metrics.of(server);
  const { code, text: output } = await promtool(['check', 'metrics'], text);
  assert.deepEqual([code, output], [0, ''], 'promtool check metrics');
}

serverTest('promtool accepts the metrics without warnings', [], async (server) => {
  await checkLint(server);
  await server.register('N', ['A']);
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online' }));
  await server.feed();
  await server.api('GET', '/nowhere');
  await checkLint(server);
});

serverTest('Gauges show the current fleet, also after a restart', [], async (server) => {
  await server.register('N', ['A', 'B', 'C']);
  await server.register('M', ['A']);
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online', B: 'video_loss' }));
  const m = await Metrics.of(server);
  const fleet = ['online', 'offline', 'other'].map((status) => m.value('nvrhub_cameras', { status }));
  assert.deepEqual(fleet, [1, 2, 1]);
  assert.deepEqual(['online', 'offline'].map((status) => m.value('nvrhub_nvrs', { status })), [1, 1]);
  assert.equal(m.value('nvrhub_nvrs_unconfirmed'), 0);
  assert.equal(m.value('nvrhub_log_head_seq'), (await server.get('/api/v1/summary')).seq);
  assert.equal(m.value('nvrhub_log_begin_seq'), 1);
  assert.deepEqual([m.value('nvrhub_degraded'), m.value('nvrhub_draining')], [0, 0]);
  assert.equal(m.value('nvrhub_connections', { kind: 'nvr' }), 1);
  assert.equal(m.value('nvrhub_nvr_sessions'), 1);
  assert.equal(m.value('nvrhub_nvr_actors'), 1);
  assert.ok(m.value('nvrhub_connections', { kind: 'http' }) >= 1);
  assert.ok(m.value('nvrhub_data_file_bytes') > 0);
  assert.ok(m.value('nvrhub_data_disk_available_bytes') > 0);

  await server.kill();
  await server.start();
  const back = await Metrics.of(server);
  assert.equal(back.value('nvrhub_nvrs_unconfirmed'), 1);
  assert.deepEqual(['online', 'offline'].map((status) => back.value('nvrhub_nvrs', { status })), [1, 1]);
  assert.equal(back.value('nvrhub_nvr_sessions'), 0);
});

serverTest('Counters of NVR messages, reports, auths and closes equal what was sent', ['--takeover-limit', '1'], async (server) => {
  await server.register('N', ['A', 'B']);
  const before = await Metrics.of(server);
  const first = await server.nvr('N');
  await first.auth(report({ A: 'online', B: 'online' }));
  await first.heartbeat(report({ A: 'online', B: 'online' }));
  await first.heartbeat(report({ A: 'offline', B: 'online', unknown: 'online' }));
  await first.heartbeat();
  await first.request({ type: 'heartbeat', systemStatus: { cameras: [{ name: 'A', status: 7 }] } });
  const now = Date.now();
  await first.request({ type: 'heartbeat', timestamp: new Date(now).toISOString() });
  await first.request({ type: 'heartbeat', timestamp: new Date(now - 7200_000).toISOString() });
  await first.request({ type: 'heartbeat', timestamp: new Date(now + 7200_000).toISOString() });
  await first.request({ type: 'heartbeat', timestamp: '1970-01-01T00:00:00Z' });
  await first.request({ type: 'heartbeat', systemStatus: 5 });
  first.send('no JSON');
  await first.take('the error', (message) => message.code === 'bad_json');
  const second = await server.nvr('N');
  await second.auth();
  await first.closedWith(4409);
  const third = await server.nvr('N');
  assert.equal((await third.request({ type: 'auth', hostname: 'N' })).code, 'rate_limited');
  const stranger = await server.nvr('stranger');
  assert.equal((await stranger.request({ type: 'auth', hostname: 'stranger' })).code, 'unknown_hostname');
  await second.close();
  await server.untilOffline(['N']);

  const after = await until('the gauges of sessions and connections to be 0', async () => {
    const m = await Metrics.of(server);
    return m.value('nvrhub_nvr_sessions') === 0 && m.value('nvrhub_connections', { kind: 'nvr' }) === 0 && m;
  });
  const counted = (name, labels) => grown(before, after, name, labels);
  assert.deepEqual(['auth', 'heartbeat'].map((type) => counted('nvrhub_nvr_messages_total', { type })), [4, 8]);
  assert.deepEqual(['bad_message', 'bad_json'].map((code) => counted('nvrhub_nvr_messages_refused_total', { code })), [1, 1]);
  assert.deepEqual(['accepted', 'rate_limited', 'unknown_hostname', 'shutting_down']
    .map((outcome) => counted('nvrhub_auths_total', { outcome })), [2, 1, 1, 0]);
  assert.deepEqual(['changed', 'unchanged', 'no_status', 'replaced'].map((outcome) => counted('nvrhub_reports_total', { outcome })),
    [3, 1, 6, 0]);
  assert.equal(counted('nvrhub_camera_changes_total'), 3 + 1, 'two at the auth, one after it, one whose status was wrong');
  assert.equal(counted('nvrhub_unknown_cameras_total'), 1);
  assert.equal(counted('nvrhub_report_entries_skipped_total'), 1);
  assert.equal(counted('nvrhub_takeovers_total'), 1);
  assert.deepEqual(['4409', '4429', '4403', '4400'].map((code) => counted('nvrhub_websocket_closes_total', { code })), [1, 1, 1, 0]);
  assert.ok(counted('nvrhub_nvr_received_bytes_total') > 800);
  assert.ok(counted('nvrhub_websocket_sent_bytes_total') > 800);

  const under = (le) => counted('nvrhub_client_clock_skew_seconds_bucket', { le });
  assert.deepEqual([under('300'), under('3600'), under('86400'), under('+Inf')], [1, 1, 3, 4]);
  assert.ok(Math.abs(counted('nvrhub_client_clock_skew_seconds_sum') - (14_400 + 2 * 86_400)) < 300, 'a skew of more than a day must count as two days');

  const events = await server.events();
  for (const kind of ['registered', 'nvr_online', 'cameras', 'nvr_offline', 'conflict', 'removed']) {
    assert.equal(after.value('nvrhub_events_total', { kind }), events.filter((event) => event.kind === kind).length, kind);
  }
  assert.equal(after.value('nvrhub_nvr_offlines_total', { cause: 'closed' }), 1);
  const commits = after.value('nvrhub_commit_duration_seconds_count');
  // What an event decides about alerts may be a commit of its own.
  assert.ok(commits >= 4 && commits <= 2 * events.length, `${commits} commits`);
  assert.equal(after.value('nvrhub_commit_writes_count'), commits);
  assert.equal(after.value('nvrhub_store_queue_writes'), 0);
  assert.equal(after.value('nvrhub_commits_failed_total'), 0);
});

serverTest('HTTP metrics are labelled by route, never by path', [], async (server) => {
  const hostname = 'a "secret" \\ name';
  await server.register(hostname, ['A']);
  const before = await Metrics.of(server);
  for (const target of [nvrPath(hostname), nvrPath(hostname, 'events'), cameraPath(hostname, 'A', 'events'), nvrPath('nobody')]) {
    await server.api('GET', target);
  }
  await server.api('GET', '/api/v1/nvrs?limit=0&q=secret');
  await server.api('GET', '/no/such/secret');
  await server.api('PATCH', nvrPath(hostname));
  await server.api('DELETE', nvrPath(hostname));
  const raw = await server.raw();
  raw.write('GET /%zz HTTP/1.1\r\nHost: x\r\n\r\nnot HTTP at all\r\n\r\n');
  await raw.untilEnded();
  const after = await Metrics.of(server);
  const count = (method, route, code) => grown(before, after, 'nvrhub_http_requests_total', { method, route, code: `${code}` });
  assert.equal(count('GET', '/api/v1/nvrs/{hostname}', 200), 1);
  assert.equal(count('GET', '/api/v1/nvrs/{hostname}', 404), 1);
  assert.equal(count('GET', '/api/v1/nvrs/{hostname}/events', 200), 1);
  assert.equal(count('GET', '/api/v1/nvrs/{hostname}/cameras/{camera}/events', 200), 1);
  assert.equal(count('GET', '/api/v1/nvrs', 400), 1);
  assert.equal(count('DELETE', '/api/v1/nvrs/{hostname}', 204), 1);
  assert.equal(count('other', 'other', 404), 1);
  assert.equal(count('other', 'other', 405), 1);
  assert.equal(count('other', 'other', 400), 2, 'invalid requests must be counted');
  assert.equal(count('GET', '/metrics', 200), 1, 'the previous scrape must be counted');
  const timed = { method: 'GET', route: '/api/v1/nvrs/{hostname}' };
  assert.equal(grown(before, after, 'nvrhub_http_request_duration_seconds_count', timed), 2);
  assert.doesNotMatch(after.text, /secret/);
});

serverTest('Process metrics show start time, memory, descriptors and CPU time', [], async (server) => {
  const began = Date.now() / 1000;
  const first = await Metrics.of(server);
  const start = first.value('process_start_time_seconds');
  assert.ok(Math.abs(start - began) < 60, `started at ${start}, now ${began}`);
  assert.ok(first.value('process_resident_memory_bytes') > 1e6);
  assert.ok(first.value('process_max_fds') >= first.value('process_open_fds'));
  const sockets = [];
  for (let i = 0; i < 20; i += 1) sockets.push(await server.raw());
  await until('the descriptors to be counted', async () => {
    const m = await Metrics.of(server);
    return m.value('process_open_fds') >= first.value('process_open_fds') + 20
      && m.value('nvrhub_connections_accepted_total') >= first.value('nvrhub_connections_accepted_total') + 20;
  });
  await until('CPU time to pass', async () => (await Metrics.of(server)).value('process_cpu_seconds_total')
    > first.value('process_cpu_seconds_total'));
  await until('the I/O threads to run their timers', async () => (await Metrics.of(server)).value('nvrhub_io_thread_lag_seconds_count') > 0);
  assert.equal(first.value('nvrhub_build_info'), 1);
});

serverTest('Metrics are served while queries occupy every reader thread', [], async (server) => {
  const lines = Array.from({ length: 2000 }, (_, i) => JSON.stringify({ hostname: `N${i}`, cameras: [{ name: 'A' }] })).join('\n');
  await server.api('POST', '/api/v1/import', lines);
  // More queries than reader threads: a scrape that had to wait for a reader would find no query left.
  await until('a scrape between queries', async () => {
    const lists = Array.from({ length: 30 }, () => server.api('GET', '/api/v1/nvrs?limit=1000&q=nothing'));
    const m = await Metrics.of({ port: server.port }); // on its own connection
    assert.equal(m.value('nvrhub_nvrs', { status: 'offline' }), 2000);
    for (const list of await Promise.all(lists)) assert.equal(list.status, 200);
    return m.value('nvrhub_http_queries') >= 3;
  });
  assert.equal((await Metrics.of(server)).value('nvrhub_http_queries'), 0);
});

serverTest('Connections over the limit are counted', ['--max-connections', '5'], async (server) => {
  await Metrics.of(server); // occupies one connection
  for (let i = 0; i < 4; i += 1) await server.raw();
  const refused = await server.raw();
  await until('the refusal', () => refused.head.startsWith('HTTP/1.1 503 '));
  const m = await Metrics.of(server);
  assert.equal(m.value('nvrhub_connections_refused_total'), 1);
  assert.equal(m.value('nvrhub_connections_accepted_total'), 5);
  assert.deepEqual([m.value('nvrhub_connections', { kind: 'http' }), m.value('nvrhub_connections_limit')], [5, 5]);
});

serverTest('Metrics count subscriptions, recoveries and sent data', [], async (server) => {
  await server.register('N', ['A']);
  await server.track(new Client(`${server.ws}/ws/dashboard`)).opened; // on the feed
  const first = server.track(new Client(`${server.ws}/ws/dashboard`));
  await first.opened;
  first.send({ type: 'subscribe' });
  const { epoch, seq } = await first.take('subscribed', (message) => message.type === 'subscribed');
  await first.take('a snapshot', (message) => message.last);
  const shown = await Metrics.of(server);
  assert.equal(shown.value('nvrhub_dashboard_subscriptions'), 1);
  assert.equal(shown.value('nvrhub_connections', { kind: 'dashboard' }), 2);
  assert.deepEqual(['snapshot', 'recovered'].map((answer) => shown.value('nvrhub_dashboard_subscribes_total', { answer })), [1, 0]);
  await server.put('N', { site: 'S' });
  await first.take('the change', (message) => message.type === 'events' && message.events.length > 0);
  first.drop();
  const second = server.track(new Client(`${server.ws}/ws/dashboard`));
  await second.opened;
  second.send({ type: 'subscribe', since: { epoch, seq } });
  await second.take('the change', (message) => message.type === 'events' && message.events.length > 0);
  const later = await until('the first dashboard to be closed and both commits to be published', async () => {
    const m = await Metrics.of(server);
    return m.value('nvrhub_dashboard_subscriptions') === 1 && m.value('nvrhub_fanout_duration_seconds_count') === 2 && m;
  });
  assert.deepEqual(['snapshot', 'recovered'].map((answer) => later.value('nvrhub_dashboard_subscribes_total', { answer })), [1, 1]);
  assert.ok(grown(shown, later, 'nvrhub_dashboard_chunks_total') >= 2);
  assert.ok(grown(shown, later, 'nvrhub_dashboard_bytes_total') > 300);
  assert.equal(later.value('nvrhub_dashboards_too_slow_total'), 0);
});

serverTest('A dashboard that does not read is closed with 4429, counted, and its memory is freed', [], async (server) => {
  const names = Array.from({ length: 1000 }, (_, i) => `camera ${i} ${'x'.repeat(150)}`);
  await server.register('N', names);
  const raw = await server.raw('/ws/dashboard');
  raw.write(frame(OP.text, JSON.stringify({ type: 'subscribe' })));
  await until('the snapshot to begin', () => raw.frames.length > 0);
  raw.socket.pause();
  const nvr = await server.nvr('N');
  let online = false;
  await until('the slow consumer to be closed', async () => {
    online = !online;
    await nvr.request({ type: nvr.session ? 'heartbeat' : 'auth', hostname: 'N', systemStatus: report(Object.fromEntries(names.map((name) => [name, online ? 'online' : 'dark']))) });
    const m = await Metrics.of(server);
    return m.value('nvrhub_dashboards_too_slow_total') === 1 && m.value('nvrhub_websocket_closes_total', { code: '4429' }) === 1;
  }, { every: 0 });
  await until('its queued bytes to be freed', async () => {
    const m = await Metrics.of(server);
    return m.value('nvrhub_dashboard_waiting_bytes') < 1_000_000 && m.value('nvrhub_dashboard_subscriptions') === 0;
  });
});
