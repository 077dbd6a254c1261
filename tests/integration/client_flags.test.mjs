// The commands that talk to a server: address forms, TLS and tokens; and environment variables with several values.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import http from 'node:http';
import test from 'node:test';
import { Certificates } from './support/certificates.mjs';
import { nvrhub } from './support/command.mjs';
import { Server, serverTest } from './support/server.mjs';
import { untilTokenRequired } from './support/tokens.mjs';
import { within } from './support/until.mjs';

const made = new Certificates();
made.authority('ca');
made.authority('stranger');
made.certificate('server', 'ca');
made.certificate('elsewhere', 'ca', { names: 'DNS:elsewhere.example' });
const fleet = made.write('fleet.ndjson', '{"hostname":"A"}\n');
const TLS = made.flags('server');
const CA = ['--ca', made.file('ca.pem')];

/** Runs `nvrhub ARGS` with more environment and an input. */
async function run(args, { env = {}, input = '' } = {}) {
  const child = spawn(process.env.NVRHUB_BIN, args, { stdio: 'pipe', env: { ...process.env, ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await within(`nvrhub ${args.join(' ')}`, new Promise((resolve) => { child.once('close', resolve); }));
  return { code, text };
}

const succeeds = async (args, options) => {
  const { code, text } = await run(args, options);
  assert.equal(code, 0, `${args.join(' ')}: ${text}`);
  return text;
};
const fails = async (expected, args, pattern, options) => {
  const { code, text } = await run(args, options);
  assert.equal(code, expected, `${args.join(' ')}: ${text}`);
  assert.match(text, pattern, args.join(' '));
};

const simulated = ['--register', '--nvrs', '3', '--cameras', '2', '--duration', '1s', '--interval', '200ms'];

serverTest('import and simulate take every form of an address', ['--enroll', 'auto'], async ({ port }) => {
  for (const address of [`127.0.0.1:${port}`, `localhost:${port}`, `http://127.0.0.1:${port}`, `http://localhost:${port}/`, `HTTP://127.0.0.1:${port}`,
    `ws://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/ws`]) {
    await succeeds(['import', fleet, '--server', address]);
  }
  await succeeds(['import', fleet], { env: { NVRHUB_SERVER: `http://127.0.0.1:${port}` } });
  for (const address of [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/nvr`]) await succeeds(['simulate', '--server', address, ...simulated]);
});

serverTest('import and simulate speak TLS to https and wss, and verify the server', [...TLS, '--enroll', 'auto'], async ({ port }) => {
  for (const address of [`https://127.0.0.1:${port}`, `https://localhost:${port}/`, `wss://127.0.0.1:${port}/ws`, `127.0.0.1:${port}`]) {
    await succeeds(['import', fleet, '--server', address, ...CA]);
    await succeeds(['simulate', '--server', address, ...CA, ...simulated]);
  }
  for (const command of [['import', fleet], ['simulate', ...simulated]]) {
    const to = [...command, '--server', `https://127.0.0.1:${port}`];
    await fails(1, to, /not trusted.*--ca/);
    await fails(1, [...to, '--ca', made.file('stranger.pem')], /not trusted/);
    await fails(1, [...command, '--server', `127.0.0.1:${port}`], /TLS|https/);
    await fails(2, [...command, '--server', `http://127.0.0.1:${port}`, ...CA], /--ca is given: use https/);
    await fails(1, [...to, '--ca', made.file('none.pem')], /--ca \S*none\.pem: cannot be read/);
    await fails(1, [...to, '--ca', made.file('server.key')], /--ca \S*server\.key: holds a private key and no certificate/);
  }
});

serverTest('A certificate for another host is refused', made.flags('elsewhere'), async ({ port }) => {
  for (const command of [['import', fleet], ['simulate', ...simulated]]) {
    await fails(1, [...command, '--server', `https://127.0.0.1:${port}`, ...CA], /not for 127\.0\.0\.1/);
    await fails(1, [...command, '--server', `https://localhost:${port}`, ...CA], /not for localhost/);
  }
});

serverTest('TLS to a server without it says so', [], async ({ port }) => {
  await fails(1, ['import', fleet, '--server', `https://127.0.0.1:${port}`], /does not speak TLS: use http:/);
});

test('A wrong address is a usage error that names the flag and what is right', async () => {
  for (const command of [['import', fleet], ['simulate', ...simulated]]) {
    for (const address of ['ftp://hub', '::1:8080', 'hub:0', 'http://u:p@hub', '']) await fails(2, [...command, '--server', address], /--server/);
    await fails(2, command, /SERVER|server/, { env: { NVRHUB_SERVER: 'hub:port' } });
    await fails(1, [...command, '--server', '127.0.0.1:1'], /cannot connect to 127\.0\.0\.1:1/);
  }
  for (const address of ['http://u:geheim@hub', 'ftp://hub/?token=geheim']) {
    const { text } = await run(['import', fleet, '--server', address]);
    assert.ok(!text.includes('geheim'), text);
  }
  await fails(2, ['import', fleet, '--server', 'http://hub/prefix'], /path "\/prefix"/);
});

test('Tokens come from a flag, a file, stdin, the environment, the config file or the URL', async () => {
  const server = await Server.create(['--enroll', 'auto']);
  try {
    const { out } = await nvrhub('token', 'add', '--data', server.dir, '--role', 'admin');
    const token = out.trim();
    const good = made.write('token', `\uFEFF${token}\r\n`);
    const wrong = made.write('wrong', 'nvh_wrong\n');
    const other = { NVRHUB_TOKEN: 'nvh_wrong' };
    const config = made.write('import.toml', `token-file = "${good}"\n`);
    await untilTokenRequired(server);
    for (const command of [['import', fleet], ['simulate', ...simulated]]) {
      const to = [...command, '--server', `http://127.0.0.1:${server.port}`];
      await fails(1, to, /401/);
      await succeeds([...to, '--token', token]);
      await succeeds([...to, '--token-file', good]);
      await succeeds([...to, '--token-file', '-'], { input: `${token}\n` });
      await succeeds(to, { env: { NVRHUB_TOKEN: `${token}\n` } });
      await succeeds(to, { env: { NVRHUB_TOKEN_FILE: good } });
      await succeeds([...to, '--config', config]);
      await succeeds([...command, '--server', `http://127.0.0.1:${server.port}/?token=${token}`]);
      await succeeds([...to, '--token-file', good], { env: other }); // a flag overrides the environment
      await succeeds([...to, '--token', token], { env: { NVRHUB_TOKEN_FILE: wrong } });
      await fails(1, [...to, '--config', config], /401/, { env: other }); // which overrides the file
      await fails(2, [...to, '--token', token, '--token-file', good], /--token and --token-file/);
      mkdirSync(made.file('folder'), { recursive: true });
      for (const [name, text] of [['none', null], ['empty', ''], ['two', `${token} ${token}`], ['long', 'x'.repeat(10_000)]]) {
        if (text !== null) made.write(name, text);
        await fails(1, [...to, '--token-file', made.file(name)], new RegExp(`--token-file \\S*/${name}: `));
      }
      await fails(1, [...to, '--token-file', made.file('folder')], /--token-file \S*\/folder: /);
      await fails(2, [...to, '--token', 'two words'], /--token/);
    }
    await fails(2, ['import', '--server', `http://127.0.0.1:${server.port}`, '--token-file', '-'], /stdin/, { input: token });
  } finally {
    await server.discard();
  }
});

test('import goes on over a proxy that closes each connection, and follows no redirect', async () => {
  let connections = 0;
  const proxy = http.createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url !== '/api/v1/import') return response.writeHead(404).end();
      response.writeHead(200, { Connection: 'close' }).end('{"created":1,"updated":0,"failed":[]}');
    });
  }).on('connection', () => { connections += 1; });
  const redirecting = http.createServer((_, response) => response.writeHead(301, { Location: 'https://hub.example/' }).end());
  await Promise.all([proxy, redirecting].map((server) => new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); })));
  try {
    const large = Array.from({ length: 30_000 }, (_, i) => JSON.stringify({ hostname: `N-${i}`, device_name: 'x'.repeat(80) })).join('\n');
    const text = await succeeds(['import', '--server', `http://127.0.0.1:${proxy.address().port}`], { input: large });
    assert.ok(connections > 2);
    assert.match(text, new RegExp(`^${connections} created`));
    await fails(1, ['import', fleet, '--server', `http://127.0.0.1:${redirecting.address().port}`], /redirects to "https:\/\/hub\.example\/".*--server/);
  } finally {
    proxy.close();
    redirecting.close();
  }
});

test('NVRHUB_ALLOW_ORIGIN takes several origins', async () => {
  for (const value of ['https://a.example,https://b.example', 'https://a.example https://b.example', ' https://a.example ,\n https://b.example ']) {
    const server = await Server.create([], { env: { NVRHUB_ALLOW_ORIGIN: value } });
    try {
      for (const [origin, status] of [['https://a.example', 404], ['https://b.example', 404], ['https://c.example', 403]]) {
        assert.equal((await server.api('DELETE', '/api/v1/nvrs/none', undefined, { Origin: origin })).status, status, `${value}: ${origin}`);
      }
    } finally {
      await server.discard();
    }
  }
});
