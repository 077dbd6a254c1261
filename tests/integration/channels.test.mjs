// `nvrhub alerts test` to real receivers: what arrives, what is printed, and what is refused.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Certificates } from './support/certificates.mjs';
import { nvrhub, nvrhubIn } from './support/command.mjs';
import './support/leftovers.mjs';
import { alertmanager, mailServer, receiver } from './support/receivers.mjs';
import { until } from './support/until.mjs';

const dir = mkdtempSync(join(tmpdir(), 'nvrhub-channels-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const write = (name, text) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const secretFile = write('secret', `${SECRET}\n`);
const made = new Certificates();
made.authority('ca');
made.certificate('server', 'ca');
const PAIR = [made.file('server.pem'), made.file('server.key')];
const CA = { ca: made.file('ca.pem') };

let configs = 0;
/** A config file with one channel `c` of these keys. */
function config(keys) {
  const lines = Object.entries({ name: 'c', ...keys }).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  configs += 1;
  return write(`config-${configs}.toml`, `log-level = "warn" # of the server\n\n[[channel]]\n${lines.join('\n')}\n`);
}
const tries = (keys, env = {}) => nvrhubIn(env, 'alerts', 'test', 'c', '--config', config(keys));
const delivers = async (keys, env) => {
  const { code, text } = await tries(keys, env);
  assert.equal(code, 0, text);
  return text;
};
const fails = async (keys, pattern, env) => {
  const { code, text } = await tries(keys, env);
  assert.equal(code, 1, text);
  assert.match(text, pattern);
  return text;
};
const webhook = (url, more = {}) => ({ type: 'webhook', url, 'allow-private': true, ...more });

test('A webhook gets a signed JSON that Standard Webhooks verifies', async (t) => {
  const { requests, url } = await receiver(t, (request, response) => response.writeHead(202).end('thank you'));
  const text = await delivers(webhook(`${url}/hook?key=HIDDEN`, { 'secret-file': secretFile }));
  assert.match(text, /^delivered, status 202\nthank you$/m);
  assert.doesNotMatch(text, /HIDDEN|MfKQ9/);
  const [{ method, path, headers, body }] = requests;
  assert.deepEqual([method, path, headers['content-type']], ['POST', '/hook?key=HIDDEN', 'application/json']);
  const { type, data } = new Webhook(SECRET).verify(body, headers);
  assert.equal(type, 'alerts.firing');
  assert.equal(data.test, true);
  assert.equal(data.id, headers['webhook-id']);
  assert.equal(data.alerts[0].camera, 'Test camera');
  assert.throws(() => new Webhook(SECRET).verify(body.replace('Test camera', 'Other'), headers));
  assert.equal(new Set(requests.map((request) => request.headers['webhook-id'])).size, 1);
});

test('A webhook takes URL, secret and token from the environment', async (t) => {
  const { requests, url } = await receiver(t);
  await delivers({ type: 'webhook', 'allow-private': true, 'url-env': 'HOOK', 'secret-env': 'KEY', 'token-env': 'TOKEN' },
    { HOOK: `${url}/from/env`, KEY: SECRET, TOKEN: 't0ken' });
  assert.equal(requests[0].path, '/from/env');
  assert.equal(requests[0].headers.authorization, 'Bearer t0ken');
  new Webhook(SECRET).verify(requests[0].body, requests[0].headers);
});

test('A webhook may log in by user name and password', async (t) => {
  const { requests, url } = await receiver(t);
  await delivers(webhook(url, { username: 'hub', 'password-file': write('password', 'pass word') }));
  assert.equal(requests[0].headers.authorization, `Basic ${btoa('hub:pass word')}`);
});

test('Each format arrives as its service takes it', async (t) => {
  const { requests, url } = await receiver(t);
  for (const format of ['json', 'slack', 'teams', 'ntfy', 'discord', 'plain']) {
    await delivers(webhook(`${url}/cameras`, { format }));
    const { path, body, headers } = requests.at(-1);
    assert.match(body, /test recorder/i, format);
    assert.equal(path, format === 'ntfy' ? '/' : '/cameras');
    assert.match(headers['content-type'], format === 'plain' ? /^text\/plain/ : /^application\/json$/);
    if (format !== 'plain') JSON.parse(body);
  }
  const template = write('body.tmpl', '{"summary": "{{title}}", "host": "{{hostname}}"}');
  await delivers(webhook(url, { template }));
  assert.deepEqual(JSON.parse(requests.at(-1).body), { summary: '[test] [info] test: camera Test camera of TEST-NVR (Test recorder), Test site', host: 'TEST-NVR' });
});

test('HTTPS is verified, and another authority can be named', async (t) => {
  const { requests, url } = await receiver(t, undefined, { cert: made.read('server.pem'), key: made.read('server.key') });
  await fails(webhook(url), /^not delivered: SSL certificate problem/m);
  assert.equal(requests.length, 0);
  await delivers(webhook(url, CA));
  assert.equal(requests.length, 1);
});

test('A status other than 2xx is not delivered, a redirect is not followed', async (t) => {
  const other = await receiver(t);
  const { url } = await receiver(t, (request, response) => {
    if (request.url === '/moved') return response.writeHead(307, { Location: `${other.url}/SECRET` }).end();
    return response.writeHead(404).end('no such hook\u001b[31m');
  });
  await fails(webhook(`${url}/x`), /^not delivered, status 404: the receiver answered 404\nno such hook \[31m$/m);
  const text = await fails(webhook(`${url}/moved`), /not delivered, status 307.* a redirect to http:\/\/127\.0\.0\.1:\d+, which is not followed/);
  assert.doesNotMatch(text, /SECRET/);
  assert.equal(other.requests.length, 0);
});

test('Private addresses, and names that resolve to them, are refused without allow-private', async (t) => {
  const { requests, port } = await receiver(t);
  for (const host of ['127.0.0.1', 'localhost', '127.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '10.0.0.1', '192.168.1.1', '169.254.169.254']) {
    for (const keys of [{ type: 'webhook', url: `http://${host}:${port}/` }, { type: 'alertmanager', urls: [`http://${host}:${port}`] },
      { type: 'email', server: `smtp://${host}:${port}`, from: 'a@hub.example', to: 'b@x.example' }]) {
      await fails(keys, /not connected to \S+: it is .*; set allow-private = true/);
    }
  }
  assert.equal(requests.length, 0);
});

test('A proxy is used only if the channel names one', async (t) => {
  const proxy = await receiver(t, (request, response) => response.end('by proxy'));
  const { url } = await receiver(t, (request, response) => response.end('direct'));
  const env = { http_proxy: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url, no_proxy: '' };
  assert.match(await delivers(webhook(url), env), /direct/);
  assert.match(await delivers(webhook('http://hooks.example/x', { proxy: proxy.url })), /by proxy/);
  assert.equal(proxy.requests[0].path, 'http://hooks.example/x');
  await fails({ type: 'webhook', url: 'http://hooks.example/x', proxy: proxy.url }, /the proxy: not connected to 127\.0\.0\.1/);
});

test('A receiver that closes, speaks another protocol or does not exist is an error', async (t) => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    if (socket.localPort === closing.address().port) socket.once('data', () => socket.destroy());
    else socket.end('220 mail.example\r\n');
  });
  const closing = server.listen(0, '127.0.0.1');
  await until('the server', () => closing.address());
  t.after(() => server.close());
  await fails(webhook(`http://127.0.0.1:${closing.address().port}`), /^not delivered: /m);
  const speaking = net.createServer((socket) => socket.on('error', () => {}).end('220 mail.example\r\n')).listen(0, '127.0.0.1');
  await until('the server', () => speaking.address());
  t.after(() => speaking.close());
  await fails(webhook(`http://127.0.0.1:${speaking.address().port}`), /^not delivered: /m);
  await fails(webhook('http://127.0.0.1:1'), /^not delivered: Failed to connect/m);
  await fails(webhook('http://hooks.invalid'), /^not delivered: Could not resolve host: hooks\.invalid/m);
});

test('A receiver that sends forever is cut', async (t) => {
  const { url } = await receiver(t, (request, response) => {
    const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
    response.on('close', () => clearInterval(timer));
  });
  assert.match(await delivers(webhook(url)), /^delivered, status 200$/m);
});

const email = (port, more = {}) => ({ type: 'email', server: `smtp://127.0.0.1:${port}`, from: 'The hub <alerts@hub.example>', to: ['guard@x.example', 'boss@x.example'],
  'allow-private': true, ...more });
const LOGIN = { username: 'hub', 'password-file': write('mail-password', 'p4ss\n') };

test('A mail arrives over STARTTLS, with login', async (t) => {
  const { port, mail } = await mailServer(t, '--starttls', ...PAIR, '--login', 'hub', 'p4ss');
  const text = await delivers(email(port, { ...CA, ...LOGIN }));
  assert.match(text, /^delivered, status 250\n/m);
  assert.match(text, /^250 2\.0\.0 queued as 4711$/m);
  assert.doesNotMatch(text, /p4ss/);
  const got = await mail();
  assert.deepEqual([got.from, got.to, got.tls, got.user], ['alerts@hub.example', ['guard@x.example', 'boss@x.example'], true, 'hub']);
  assert.match(got.mail, /^From: "The hub" <alerts@hub\.example>\r\n/m);
  assert.match(got.mail, /^Subject: \[test\] \[info\] test: camera Test camera/m);
  assert.match(got.mail, /^Message-ID: <msg_test-\d+@hub\.example>\r\n/m);
  assert.match(got.mail, /multipart\/alternative/);
  assert.match(got.mail, /<li>camera Test camera of TEST-NVR/);
});

test('A mail arrives over TLS from the begin, and in clear if that is configured', async (t) => {
  const tls = await mailServer(t, '--tls', ...PAIR);
  await delivers(email(tls.port, { ...CA, server: `smtps://127.0.0.1:${tls.port}` }));
  assert.equal((await tls.mail()).tls, true);
  const clear = await mailServer(t);
  await fails(email(clear.port), /^not delivered.*: the server offers no STARTTLS/m);
  await delivers(email(clear.port, { starttls: 'none' }));
  assert.equal((await clear.mail()).tls, false);
  await delivers(email(clear.port, { starttls: 'optional' }));
});

test('A mail server that refuses login, certificate or recipient is named', async (t) => {
  const { port, mail } = await mailServer(t, '--starttls', ...PAIR, '--login', 'hub', 'other', '--refuse', 'boss@x.example');
  await fails(email(port, { ...CA, ...LOGIN }), /^not delivered, status 535: the server refused user name or password/m);
  await fails(email(port, LOGIN), /^not delivered.*: SSL certificate problem/m);
  const right = { ...CA, username: 'hub', 'password-file': write('other-password', 'other') };
  assert.match(await delivers(email(port, right)), /^550 no such mailbox$/m); // the other recipient gets it
  assert.deepEqual((await mail()).to, ['guard@x.example']);
  await fails(email(port, { ...right, to: ['boss@x.example'] }), /^not delivered, status 550/m);
});

test('An Alertmanager has the alert; one of several addresses is enough', async (t) => {
  const { url, alerts } = await alertmanager(t);
  const text = await delivers({ type: 'alertmanager', urls: ['http://127.0.0.1:1', url], 'allow-private': true });
  assert.match(text, /^not delivered: Failed to connect/m);
  assert.match(text, /^delivered, status 200$/m);
  const [alert] = await alerts();
  assert.deepEqual(alert.labels, { alertname: 'test', severity: 'info', site: 'Test site', hostname: 'TEST-NVR', camera: 'Test camera' });
  assert.equal(alert.status.state, 'active');
  await fails({ type: 'alertmanager', urls: ['http://127.0.0.1:1', 'http://127.0.0.1:2'], 'allow-private': true }, /not delivered/);
});

test('An unknown channel lists the known ones; a wrong file is a usage error', async () => {
  const file = write('several.toml', ['a', 'b'].map((name) => `[[channel]]\nname = "${name}"\ntype = "webhook"\nurl = "https://hooks.example"\n`).join(''));
  let { code, err } = await nvrhub('alerts', 'test', 'c', '--config', file);
  assert.deepEqual([code, err], [2, `nvrhub: ${file} has no channel "c"; its channels are a, b\n`]);
  const none = write('none.toml', 'enroll = "auto"\n');
  ({ code, err } = await nvrhub('alerts', 'test', 'c', '--config', none));
  assert.deepEqual([code, err], [2, `nvrhub: ${none} has no channel "c"; it has no [[channel]] table\n`]);
  const wrong = write('wrong.toml', '[[channel]]\nname = "c"\ntype = "webhook"\nurl = "hooks.example"\n');
  ({ code, err } = await nvrhub('alerts', 'test', 'c', '--config', wrong));
  assert.deepEqual([code, err], [2, `nvrhub: ${wrong}: line 4: [[channel]] "c": url: expected a URL: https://HOST or http://HOST\n`]);
  ({ code, err } = await nvrhub('alerts', 'test', 'c', '--config', join(dir, 'missing.toml')));
  assert.equal(code, 2);
  assert.match(err, /missing\.toml/);
  assert.equal((await nvrhub('alerts', 'test')).code, 2);
});

test('The server refuses a file with a wrong channel or rule, and names line and key', async () => {
  const serve = (text) => nvrhub('serve', '--data', join(dir, 'data'), '--listen', '127.0.0.1:0', '--config', write('serve.toml', text));
  const channel = '[[channel]]\nname = "ops"\ntype = "webhook"\nurl = "https://hooks.example"\n';
  const rule = '[[alert]]\nname = "r"\nlevel = "nvr"\nwhen = "offline"\n';
  for (const [text, pattern] of [
    [`${channel}secret = "x"\n`, /serve\.toml: line 5: \[\[channel\]\] "ops": secret: a secret does not belong into this file/],
    [`${channel}${rule}`, /serve\.toml: line 5: \[\[alert\]\]: .*for/],
    [`${channel}\n${rule}for = "2m"\n${rule}for = "x"\n`, /serve\.toml: line 11: \[\[alert\]\]: .*for/],
    [`${channel}${rule}for = "2m"\nnotify = ["pager"]\n`, /line 5: \[\[alert\]\]: notify: no \[\[channel\]\] has the name "pager"/],
    [`enrol = "auto"\n${channel}`, /unknown key "enrol"/],
  ]) {
    const { code, err } = await serve(text);
    assert.equal(code, 2, err);
    assert.match(err, pattern);
  }
});
