// What a parent may leave a process with: closed, full or broken standard streams, limits, umask, a folder that is gone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readlink, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub } from './support/command.mjs';
import { BROKEN_PIPE, CLOSED, FULL, freePort, inFolder, launch, run, serveSo } from './support/launch.mjs';
import './support/leftovers.mjs';
import { Server } from './support/server.mjs';
import { TEST_LIMIT_MS, until, within } from './support/until.mjs';

const processTest = (name, body) => test(name, { timeout: TEST_LIMIT_MS }, () => inFolder(body));

async function assertClean(dir) {
  const { code, text } = await nvrhub('check', '--data', join(dir, 'data'));
  assert.equal(code, 0, text);
}

for (const closed of ['0<&-', '1>&-', '2>&-', '0<&- 1>&-', '1>&- 2>&-', '0<&- 1>&- 2>&-']) {
  processTest(`serve works with ${closed}: no file of the store gets the number of a standard descriptor`, async (dir) => {
    await serveSo(dir, { redirections: closed }, async ({ child, call }) => {
      const target = async (fd) => readlink(`/proc/${child.pid}/fd/${fd}`);
      if (closed.includes('0<')) assert.equal(await target(0), '/dev/null');
      if (closed.includes('1>')) assert.equal(await target(1), '/dev/null');
      if (closed.includes('2>')) assert.equal(await target(2), '/dev/null');
      child.kill('SIGHUP'); // logs a line
      assert.equal((await call('PUT', '/api/v1/nvrs/N', { cameras: [{ name: 'A' }] })).status, 201);
      const backup = await call('POST', '/api/v1/admin/backup'); // runs a child process
      assert.equal(backup.status, 201, backup.text);
      assert.equal((await call('GET', '/readyz')).status, 200);
    });
    for (const name of ['data.mdb', 'lock.mdb']) {
      assert.ok(!(await readFile(join(dir, 'data', name))).includes('SIGHUP'), `${name} contains text of the log`);
    }
    await assertClean(dir);
  });
}

/** Every command that prints a result: name → arguments. */
const printing = (dir, port) => ({
  '--version': ['--version'],
  '--help': ['--help'],
  'serve --help': ['serve', '--help'],
  export: ['export', '--data', join(dir, 'data')],
  'export --events': ['export', '--events', '--data', join(dir, 'data')],
  check: ['check', '--data', join(dir, 'data')],
  backup: ['backup', '--data', join(dir, 'data'), '--within', join(dir, 'copies')],
  doctor: ['doctor', '--data', join(dir, 'data'), '--listen', '127.0.0.1:0'],
  'doctor --json': ['doctor', '--json', '--data', join(dir, 'data'), '--listen', '127.0.0.1:0'],
  import: ['import', join(dir, 'fleet.ndjson'), '--server', `127.0.0.1:${port}`],
  simulate: ['simulate', '--server', `127.0.0.1:${port}`, '--nvrs', '2', '--cameras', '1', '--duration', '1s'],
});

processTest('A command whose result can\'t be written to stdout exits with 1 and a message', async (dir) => {
  await serveSo(dir, {}, async ({ port, call }) => {
    assert.equal((await call('PUT', '/api/v1/nvrs/N', { cameras: [{ name: 'A' }] })).status, 201);
    await writeFile(join(dir, 'fleet.ndjson'), '{"hostname":"M"}\n');
    for (const [stream, reason] of [[CLOSED, 'Bad file descriptor'], [FULL, 'No space left on device'], [BROKEN_PIPE, 'Broken pipe']]) {
      const commands = printing(dir, port);
      for (const [name, args] of Object.entries(commands)) {
        const { code, signal, err } = await run(args, { dir, redirections: stream });
        assert.deepEqual([code, signal], [1, null], `${name} ${stream}: ${err}`);
        assert.match(err, new RegExp(`nvrhub: cannot write to stdout: ${reason}\n$`), `${name} ${stream}`);
      }
    }
  }, ['--enroll', 'auto']);
});

processTest('A result larger than any buffer that can\'t be written is noticed with its cause', async (dir) => {
  await serveSo(dir, {}, async ({ call }) => {
    const cameras = Array.from({ length: 1000 }, (_, i) => ({ name: `Camera ${i} with a rather long name` }));
    for (const name of ['A', 'B', 'C']) assert.equal((await call('PUT', `/api/v1/nvrs/${name}`, { cameras })).status, 201);
    for (const [stream, reason] of [[CLOSED, 'Bad file descriptor'], [FULL, 'No space left on device'], [BROKEN_PIPE, 'Broken pipe']]) {
      const { code, err } = await run(['export', '--data', join(dir, 'data')], { dir, redirections: stream });
      assert.equal(code, 1);
      assert.equal(err, `nvrhub: cannot write to stdout: ${reason}\n`);
    }
  });
});

processTest('token add takes a token back that it could not print', async (dir) => {
  const data = join(dir, 'data');
  for (const redirections of [CLOSED, FULL, BROKEN_PIPE]) {
    const { code, err } = await run(['token', 'add', '--data', data, '--role', 'admin'], { dir, redirections });
    assert.equal(code, 1, err);
    assert.match(err, /nvrhub: token [0-9a-f]{8} could not be printed and was revoked again\nnvrhub: cannot write to stdout/);
    assert.match((await nvrhub('token', 'list', '--data', data)).err, /no tokens/);
  }
  const { code, out } = await nvrhub('token', 'add', '--data', data, '--role', 'admin');
  assert.equal(code, 0);
  assert.match(out, /^nvh_\S+\n$/);
  for (const redirections of [CLOSED, FULL, BROKEN_PIPE]) {
    const listed = await run(['token', 'list', '--data', data], { dir, redirections });
    assert.equal(listed.code, 1, listed.err);
  }
});

processTest('import from a stdin that is closed or can\'t be read exits with 1', async (dir) => {
  await serveSo(dir, {}, async ({ port }) => {
    for (const redirections of ['0<&-', '0</', '0>/dev/null']) {
      const { code, out, err } = await run(['import', '--server', `127.0.0.1:${port}`], { dir, redirections });
      assert.equal(code, 1, `${redirections}: ${out}${err}`);
      assert.match(err, /cannot read stdin/, redirections);
    }
  });
});

processTest('serve goes on when the readers of its stdout and log are gone, or nothing can be written there', async (dir) => {
  const logs = async ({ child, call }) => {
    for (let i = 0; i < 3; ++i) {
      child.kill('SIGHUP');
      assert.equal((await call('PUT', `/api/v1/nvrs/N${i}`, {})).status >= 200, true);
    }
    assert.equal((await call('GET', '/healthz')).status, 200);
  };
  await serveSo(dir, {}, async (server) => {
    server.child.stdout.destroy();
    server.child.stderr.destroy();
    await logs(server);
  });
  await serveSo(dir, { redirections: '1>/dev/full 2>/dev/full' }, logs);
  await serveSo(dir, { redirections: `${BROKEN_PIPE}` }, logs);
  await assertClean(dir);
});

processTest('simulate goes on without a stderr', async (dir) => {
  await serveSo(dir, {}, async ({ port }) => {
    for (const redirections of ['2>&-', '2>/dev/full']) {
      const { code, out } = await run(['simulate', '--server', `127.0.0.1:${port}`, '--nvrs', '2', '--cameras', '1', '--duration', '1s', '--register', '--json'], { dir, redirections });
      assert.equal(code, 0, out);
      assert.ok(JSON.parse(out));
    }
  });
});

processTest('A file size limit (SIGXFSZ) is an error of the disk: the server lives and recovers when the limit is raised', async (dir) => {
  const none = await run(['serve', '--data', join(dir, 'none'), '--listen', '127.0.0.1:0'], { dir, prepare: 'ulimit -f 0;' });
  assert.deepEqual([none.code, none.signal], [1, null]);
  assert.match(none.err, /error .*File too large/);

  await serveSo(dir, { prepare: 'ulimit -S -f 512;' }, async ({ child, call }) => {
    const cameras = Array.from({ length: 500 }, (_, i) => ({ name: `Camera ${i}` }));
    const waiting = [];
    await until('the limit to be reached', async () => {
      waiting.push(call('PUT', `/api/v1/nvrs/N${waiting.length}`, { cameras }));
      await Promise.race([waiting.at(-1), new Promise((resolve) => { setTimeout(resolve, 300); })]);
      return (await call('GET', '/readyz')).text.includes('degraded');
    });
    const raise = spawn('prlimit', ['--fsize=unlimited:', '--pid', String(child.pid)], { stdio: 'ignore' });
    assert.equal((await new Promise((resolve) => { raise.once('close', resolve); })), 0);
    await until('the server to be ready', async () => (await call('GET', '/readyz')).status === 200);
    for (const { status } of await Promise.all(waiting)) assert.equal(status, 201);
  });
  await assertClean(dir);
});

processTest('A parent that ignores SIGCHLD does not hide that a backup has succeeded', async (dir) => {
  await serveSo(dir, { wrapper: 'env --ignore-signal=CHLD' }, async ({ call }) => {
    const backup = await call('POST', '/api/v1/admin/backup');
    assert.equal(backup.status, 201, backup.text);
  });
});

processTest('A umask that denies the owner does not make files that the server can\'t open again', async (dir) => {
  await serveSo(dir, { prepare: 'umask 0777;' }, async ({ call }) => {
    assert.equal((await call('PUT', '/api/v1/nvrs/N', {})).status, 201);
  });
  assert.equal((await run(['token', 'add', '--data', join(dir, 'data'), '--role', 'admin'], { dir, prepare: 'umask 0777;' })).code, 0);
  for (const [name, mode] of [['', 0o700], ['data.mdb', 0o600], ['lock.mdb', 0o600], ['epoch', 0o600], ['tokens.json', 0o600]]) {
    assert.equal((await stat(join(dir, 'data', name))).mode & 0o777, mode, name);
  }
});

processTest('serve needs neither its folder, nor HOME, nor TMPDIR', async (dir) => {
  const prepare = `mkdir "${dir}/gone"; cd "${dir}/gone"; rmdir "${dir}/gone"; unset HOME; export TMPDIR=/nonexistent;`;
  await serveSo(dir, { prepare }, async ({ call }) => {
    assert.equal((await call('PUT', '/api/v1/nvrs/N', {})).status, 201);
    assert.equal((await call('POST', '/api/v1/admin/backup')).status, 201);
  });
  const relative = await run(['serve', '--data', 'data', '--listen', '127.0.0.1:0'], { dir, prepare });
  assert.deepEqual([relative.code, relative.signal], [1, null]);
  assert.match(relative.err, /error could not create the directory data: No such file or directory/);
});

processTest('Too few descriptors for a start are an error with a message', async (dir) => {
  for (const limit of [6, 8, 10]) {
    const { code, signal, err } = await within(`limit ${limit}`, run(
      ['serve', '--data', join(dir, `data${limit}`), '--listen', '127.0.0.1:0'], { dir, prepare: `ulimit -n ${limit};` }));
    assert.deepEqual([code, signal], [1, null], err);
    // UBSan's check of an object's type needs a descriptor, too, and reports that it has none as a wrong type.
    assert.match(err, /Too many open files|object has invalid vptr/);
  }
});

const PTY = `
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
text = b''
while b'listening on' not in text:
    text += os.read(master, 4096)
os.close(master)
print(pid, flush=True)
sys.stdin.read()
os.kill(pid, 15)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`;

processTest('A terminal that closes (SIGHUP, and EIO for its log) does not end the server', async (dir) => {
  const port = await freePort();
  const pty = spawn(process.env.PYTHON, ['-c', PTY, process.env.NVRHUB_BIN, 'serve', '--data', join(dir, 'data'), '--listen', `127.0.0.1:${port}`]);
  let out = '';
  let err = '';
  pty.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  pty.stderr.setEncoding('utf8').on('data', (text) => { err += text; });
  const ended = new Promise((resolve) => { pty.once('close', resolve); });
  try {
    await until('the terminal to close', () => {
      assert.equal(pty.exitCode, null, err);
      return /^\d+\n/.test(out);
    });
    for (let i = 0; i < 3; ++i) {
      process.kill(Number.parseInt(out, 10), 'SIGHUP'); // logs a line
      assert.equal((await fetch(`http://127.0.0.1:${port}/api/v1/nvrs/N${i}`, { method: 'PUT', body: '{}' })).status, 201);
    }
  } finally {
    pty.stdin.end(); // ends the server
    await within('the end', ended);
  }
  assert.match(out, /^\d+\n0\n$/);
});

test('--log-level debug shows connections, requests and sessions, and no secret', { timeout: TEST_LIMIT_MS }, async () => {
  const server = await Server.create(['--log-format', 'json', '--log-level', 'debug', '--enroll', 'auto']);
  try {
    const lines = () => server.tail().split('\n').filter((line) => line.startsWith('{')).map(JSON.parse);
    const logged = (event, matches) => until(event, () => lines().find((line) => line.event === event && matches(line)));
    await server.api('GET', '/api/v1/nvrs?token=nvh_00000000_secret', undefined, { authorization: 'Bearer nvh_00000000_secret' });
    await logged('request', (line) => line.level === 'debug' && line.message === 'GET /api/v1/nvrs' && line.status === 200 && line.address === '127.0.0.1');
    await server.api('GET', '/missing', undefined, { connection: 'close' });
    await logged('request', (line) => line.message === 'GET /missing' && line.status === 404);
    await logged('connection', (line) => line.message === 'connection closed');
    const first = await server.nvr('NVR-1', { path: '/ws?token=nvh_00000000_secret' });
    await first.auth({ cameras: [] });
    await logged('request', (line) => line.message === 'GET /ws' && line.status === 101);
    await logged('session_started', (line) => line.hostname === 'NVR-1' && line.takeover === false);
    const second = await server.nvr('NVR-1');
    await second.auth({ cameras: [] });
    await logged('session_started', (line) => line.hostname === 'NVR-1' && line.takeover === true);
    second.drop();
    await logged('session_ended', (line) => line.hostname === 'NVR-1' && ['closed', 'error'].includes(line.cause));
    const feed = await server.feed();
    feed.drop();
    await logged('dashboard_closed', (line) => line.cause !== undefined);
    assert.ok(!server.tail().includes('secret'), server.tail());
    await server.stop();
  } finally {
    await server.discard();
  }
});
