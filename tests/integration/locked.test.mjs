import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub } from './support/command.mjs';
import { within } from './support/until.mjs';

/** Starts a server on all addresses: 'listening', or how it ended. */
async function serveWidely(dir, ...flags) {
  const child = spawn(process.env.NVRHUB_BIN, ['serve', '--data', dir, '--listen', '0.0.0.0:0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
  const outcome = await within('the server', new Promise((resolve) => {
    child.stdout.once('data', () => resolve('listening'));
    child.once('close', (code) => resolve({ code, text }));
  }));
  child.kill();
  if (outcome === 'listening') await within('its end', new Promise((resolve) => { child.once('close', resolve); }));
  return outcome;
}

test('beyond loopback it takes a token, or --allow-anonymous', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-it-'));
  try {
    const refused = await serveWidely(dir);
    assert.equal(refused.code, 1);
    for (const advice of [/0\.0\.0\.0/, /nvrhub token add/, /127\.0\.0\.1/, /--allow-anonymous/]) assert.match(refused.text, advice);
    assert.equal(await serveWidely(dir, '--allow-anonymous'), 'listening');
    const { code, out } = await nvrhub('token', 'add', '--data', dir, '--role', 'admin');
    assert.equal(code, 0);
    assert.equal(await serveWidely(dir), 'listening');
    await nvrhub('token', 'revoke', '--data', dir, out.trim());
    assert.equal(await serveWidely(dir), 'listening', 'a server that nobody has a token for is no open one');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('tokens can be made before the first start, and a damaged file keeps the server from it', async () => {
  const dir = join(await mkdtemp(join(tmpdir(), 'nvrhub-it-')), 'new');
  try {
    assert.equal((await nvrhub('token', 'add', '--data', dir, '--role', 'admin')).code, 0);
    assert.equal(await serveWidely(dir), 'listening');
    for (const damage of ['', '{', '[]', '{"tokens":[{"id":"00000000","role":"king","hash":""}]}', '{"tokens":[{"role":"admin"}]}']) {
      await writeFile(join(dir, 'tokens.json'), damage);
      const refused = await serveWidely(dir);
      assert.equal(refused.code, 1, damage);
      assert.match(refused.text, /tokens\.json is damaged/);
    }
  } finally {
    await rm(join(dir, '..'), { recursive: true, force: true });
  }
});
