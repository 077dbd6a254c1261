// The epoch of a data directory over what operators do to its files. Dashboards load the whole fleet again when it changes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { serverTest } from './support/server.mjs';
import { nvrhub } from './support/command.mjs';

const epoch = async (server) => (await server.get('/api/v1/nvrs')).epoch;
const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' });

serverTest('chown, chmod, touch and hard links keep the epoch; copies get a new one, and the log says why', [], async (server) => {
  const first = await epoch(server);
  const links = `${server.dir}-links`;
  const copy = `${server.dir}-copy`;
  try {
    const touched = {
      chown: () => run('chown', '-R', `${process.getuid()}:${process.getgid()}`, server.dir),
      touch: () => run('sh', '-c', 'touch "$0"/*', server.dir),
      'cp -al': () => run('cp', '-al', server.dir, links),
      'rm of the links': () => run('rm', '-r', links),
    };
    for (const [what, act] of Object.entries(touched)) {
      act(); // while it runs
      await server.stop();
      await server.start();
      assert.equal(await epoch(server), first, `${what} while the server ran`);
      if (what === 'rm of the links') continue;
      await server.stop();
      if (what !== 'cp -al') act();
      await server.start();
      assert.equal(await epoch(server), first, `${what} while it did not`);
      assert.doesNotMatch(server.tail(), /new epoch/);
    }

    await server.kill();
    await server.start();
    assert.equal(await epoch(server), first, 'a killed server');

    run('cp', '-al', server.dir, links);
    const { code, text } = await nvrhub('serve', '--data', links, '--listen', '127.0.0.1:0');
    assert.equal(code, 1, text);
    assert.match(text, /another nvrhub server uses/);

    await server.stop();
    run('cp', '-a', server.dir, copy);
    await server.start();
    await server.register('later');
    await server.stop();
    run('cp', '-a', `${copy}/.`, server.dir); // put back in place
    await server.start();
    const second = await epoch(server);
    assert.notEqual(second, first);
    assert.match(server.tail(), /a new epoch begins.*reason=/);

    await server.stop();
    const original = server.dir;
    server.dir = copy;
    await server.start();
    assert.notEqual(await epoch(server), first, 'the copy itself');
    await server.stop();
    server.dir = original;
    await server.start();
    assert.equal(await epoch(server), second, 'the original goes on');
  } finally {
    await rm(links, { recursive: true, force: true });
    await rm(copy, { recursive: true, force: true });
  }
});
