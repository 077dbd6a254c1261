// Servers with a config file, and tables for it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from './server.mjs';

/** A server whose config file has the text that `make(folder)` returns. Both are removed at the end of the test. */
export async function serverWithConfig(t, make, flags) {
  const folder = await mkdtemp(join(tmpdir(), 'nvrhub-config-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'nvrhub.toml');
  await writeFile(file, await make(folder));
  const server = await Server.create(['--config', file, ...flags]);
  t.after(() => server.discard());
  return server;
}

/** The table of a webhook whose receiver is on this machine; `more`: further lines. */
export const webhookTable = (name, url, more = '') => `[[channel]]\nname = "${name}"\ntype = "webhook"\nurl = "${url}"\nallow-private = true\n${more}`;
