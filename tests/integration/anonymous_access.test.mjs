import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub } from './support/command.mjs';
import { within } from './support/until.mjs';

/** Starts a server on all addresses. Returns 'listening', or its exit code and output. */
async function serveOnAllAddresses(dir, ...flags) {
  const child = spawn(process.env.NVRHUB_BIN, ['serve', '--data', dir, '--listen', '0.0.0.0:0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
  const outcome = await within('the server', new Promise((resolve) => {
    child.stdout.once('data', () => resolve('listening'));
    child.once('close', (code) => resolve({ code, text }));
  }));
  child.kill();
  if (outcome === 'listening') await within('the server to end', new Promise((resolve) => { child.once('close', resolve); }));
  return outcome;
}

test('Without a token or --allow-anonymous the server refuses to listen beyond loopback and states what to do', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-it-'));
  try {
    const refused = await serveOnAllAddresses(dir);
    assert.equal(refused.code, 1);
    for (const advice of [/0\.0\.0\.0/, /nvrhub token add/, /127\.0\.0\.1/, /--allow-anonymous/]) assert.match(refused.text, advice);
    assert.equal(await serveOnAllAddresses(dir, '--allow-anonymous'), 'listening');
    const { code, out } = await nvrhub('token', 'add', '--data', dir, '--role', 'admin');
    assert.equal(code, 0);
    assert.equal(await serveOnAllAddresses(dir), 'listening');
    await nvrhub('token', 'revoke', '--data', dir, out.trim());
    assert.equal(await serveOnAllAddresses(dir), 'listening', 'revoking the last token must not restore anonymous access');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('Tokens can be created before the first start; the server does not start with a damaged tokens.json', async () => {
  const dir = join(await mkdtemp(join(tmpdir(), 'nvrhub-it-')), 'new');
  try {
    assert.equal((await nvrhub('token', 'add', '--data', dir, '--role', 'admin')).code, 0);
    assert.equal(await serveOnAllAddresses(dir), 'listening');
    for (const damage of ['', '{', '[]', '{"tokens":[{"id":"00000000","role":"king","hash":""}]}', '{"tokens":[{"role":"admin"}]}']) {
      await writeFile(join(dir, 'tokens.json'), damage);
      const refused = await serveOnAllAddresses(dir);
      assert.equal(refused.code, 1, damage);
      assert.match(refused.text, /tokens\.json is damaged/);
    }
  } finally {
    await rm(join(dir, '..'), { recursive: true, force: true });
  }
});
