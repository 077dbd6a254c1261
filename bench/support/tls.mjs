// A certificate for the TLS parts, and HAProxy as the peer that terminates TLS in front of an nvrhub without it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench, isThere, nvrhub } from './programs.mjs';
import { freePort, serve } from './processes.mjs';

const tools = join(bench, '../build/tools');
const haproxy = join(tools, 'haproxy/usr/sbin/haproxy');
const LIBRARIES = ['liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'].map((name) => join(tools, name, 'usr/lib/x86_64-linux-gnu')).join(':');

/** Flags of a server with a new EC certificate in `folder`. */
export function tlsFlags(folder) {
  const [certificate, key] = ['server.pem', 'server.key'].map((name) => join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', certificate,
    '-days', '2', '-subj', '/CN=localhost'], { stdio: 'ignore' });
  return ['--tls-cert', certificate, '--tls-key', key];
}

/** Starts HAProxy (one thread) and nvrhub behind it, as children of one shell, whose CPU time is the sum of both.
 *  undefined: HAProxy is not there. */
export async function startBehindHaproxy(folder, [, certificate, , key]) {
  if (!isThere(haproxy)) return undefined;
  const [port, inner] = [await freePort(), await freePort()];
  const [pair, config] = [join(folder, 'pair.pem'), join(folder, 'haproxy.cfg')];
  writeFileSync(pair, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
  writeFileSync(config, `global
  nbthread 1
  maxconn 5000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend tls
  bind 127.0.0.1:${port} ssl crt ${pair} ssl-min-ver TLSv1.2
  default_backend nvrhub
backend nvrhub
  server one 127.0.0.1:${inner}
`);
  const script = `LD_LIBRARY_PATH=${LIBRARIES} ${haproxy} -db -f ${config} & ${nvrhub} serve --data ${join(folder, 'behind')} \
--listen 127.0.0.1:${inner} --enroll auto --threads 1 --log-level error & wait`;
  const server = await serve('sh', ['-c', script]);
  return { ...server, port };
}
