// What an operator can do wrong with certificates and keys: refused or reported at start, at SIGHUP and by the doctor.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import test from 'node:test';
import tls from 'node:tls';
import { Certificates } from './support/certificates.mjs';
import { nvrhub } from './support/command.mjs';
import { Server, serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';

const made = new Certificates();
made.authority('ca');
made.certificate('ec', 'ca', { days: 60 });
made.certificate('rsa', 'ca', { kind: 'rsa', days: 60 });
made.certificate('soon', 'ca', { days: 10 });
made.certificate('old', 'ca', { days: -1 });
made.openssl('pkey', '-in', 'ec.key', '-aes128', '-passout', 'pass:secret', '-out', 'locked.key');
const ca = made.read('ca.pem');

/** The common name of the certificate that the server presents. */
const presented = (server, options = {}) => within('a TLS handshake', new Promise((resolve, reject) => {
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca, ...options }, () => {
    resolve(socket.getPeerCertificate().subject.CN);
    socket.destroy();
  });
  socket.on('error', reject);
}));

const expiry = async (server) => {
  const text = await within('the metrics', new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false });
    let all = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => { all += chunk; });
    socket.on('end', () => resolve(all));
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  }));
  return Number(/^nvrhub_tls_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
};

test('Certificate and key that do not belong together are refused at start, naming both files and kinds', async () => {
  for (const [certificate, key] of [['rsa', 'ec'], ['ec', 'rsa'], ['ec', 'soon']]) {
    await assert.rejects(Server.create(made.flags(certificate, key)), (error) => {
      assert.match(error.message, new RegExp(`--tls-cert \\S*/${certificate}\\.pem and --tls-key \\S*/${key}\\.key do not belong together`));
      assert.match(error.message, /ended \(1\)/);
      return true;
    });
  }
});

test('A key with a passphrase is refused at once', async () => {
  await assert.rejects(Server.create(made.flags('ec', 'locked')), /locked\.key: the private key is protected by a passphrase/);
});

serverTest('SIGHUP with a pair that does not match keeps the old one in use', [], async (server) => {
  await server.stop();
  for (const suffix of ['pem', 'key']) copyFileSync(made.file(`ec.${suffix}`), made.file(`server.${suffix}`));
  await server.start(made.flags('server'));
  const logged = (pattern) => until(`${pattern} in the log`, () => pattern.test(server.tail()));
  copyFileSync(made.file('rsa.pem'), made.file('server.pem'));
  process.kill(server.pid, 'SIGHUP');
  await logged(/reload partially applied.*server\.pem and --tls-key \S*server\.key do not belong together/);
  assert.equal(await presented(server), 'ec');
  made.write('server.key', made.read('locked.key'));
  process.kill(server.pid, 'SIGHUP');
  await logged(/server\.key: the private key is protected by a passphrase/);
  assert.equal(await presented(server), 'ec');
  copyFileSync(made.file('rsa.key'), made.file('server.key'));
  process.kill(server.pid, 'SIGHUP');
  await until('the new certificate', async () => (await presented(server)) === 'rsa');
  assert.ok(!server.tail().includes(' expire'), 'nothing is wrong with it');
});

serverTest('An expired certificate is used, logged as an error and shown by the metric', made.flags('old'), async (server) => {
  await until('the error in the log', () => /error.*old\.pem.* expired at/.test(server.tail()));
  assert.equal(await presented(server, { rejectUnauthorized: false }), 'old');
  const at = await expiry(server);
  assert.ok(at < Date.now() / 1000 && at > Date.now() / 1000 - 3 * 86_400, String(at));
});

serverTest('A certificate that expires within 21 days is logged as a warning, again after a reload', made.flags('soon'), async (server) => {
  const lines = () => server.tail().match(/warn.*soon\.pem.* expires at .* in (9|10) days/g)?.length ?? 0;
  await until('the warning', () => lines() === 1);
  process.kill(server.pid, 'SIGHUP');
  await until('the second warning', () => lines() === 2);
  const days = (await expiry(server) - Date.now() / 1000) / 86_400;
  assert.ok(days > 9 && days <= 10, String(days));
});

test('The doctor checks certificate and key', async () => {
  const doctor = async (...flags) => {
    const { out } = await nvrhub('doctor', '--json', '--data', made.file('data'), '--listen', '127.0.0.1:0', ...flags);
    return JSON.parse(out).findings.filter(({ check }) => check === 'TLS').map(({ verdict, text }) => `${verdict} ${text}`).join('\n');
  };
  assert.match(await doctor(), /^ok off$/);
  assert.match(await doctor(...made.flags('ec')), /^warn .*issuer/, 'its issuer is not known to this machine');
  assert.match(await doctor(...made.flags('ca')), /^warn .*in 1 days|^warn .*hours/);
  assert.match(await doctor(...made.flags('rsa', 'ec')), /^bad .*rsa\.pem.*ec\.key do not belong together/);
  assert.match(await doctor(...made.flags('old')), /^bad .*expired/);
  assert.match(await doctor(...made.flags('ec', 'locked')), /^bad .*passphrase/);
  chmodSync(made.file('rsa.key'), 0o644);
  assert.match(await doctor(...made.flags('rsa')), /^warn .*rsa\.key is readable by every user/m);
});
