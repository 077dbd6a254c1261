// What questions about the past cost: node bench/history.mjs DIR, with DIR filled by fill_history; NVRHUB_BIN names the
// server. As root it also drops the system's page cache before each, which is what "cold" means.
import { execSync, spawn } from 'node:child_process';
import http from 'node:http';

const [dir] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });
const ago = (days) => new Date(Date.now() - days * 86_400_000).toISOString();

async function serve() {
  const child = spawn(process.env.NVRHUB_BIN, ['serve', '--data', dir, '--listen', '127.0.0.1:0', '--history-days', '0',
    '--restart-grace', '1d', '--log-level', 'warn'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((resolve) => child.stdout.on('data', (text) => resolve(Number(/:(\d+)\n/.exec(text)[1]))));
  return { port, stop: () => new Promise((resolve) => { child.once('exit', resolve); child.kill(); }) };
}

const get = (port, path) => new Promise((resolve, reject) => {
  http.get({ host: '127.0.0.1', port, path, agent }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      response.statusCode === 200 ? resolve(text) : reject(new Error(text));
    });
  }).on('error', reject);
});

/** Every page of the fleet at a time. */
const whole = (query) => async (port) => {
  let cursor = '';
  let longest = 0;
  let pages = 0;
  do {
    const begin = performance.now();
    const { next } = JSON.parse(await get(port, `/api/v1/at?limit=1000&${query}${cursor}`));
    longest = Math.max(longest, performance.now() - begin);
    pages += 1;
    cursor = next && `&cursor=${next}`;
  } while (cursor);
  return `${pages} pages, the longest ${longest.toFixed(0)} ms`;
};
const one = (path) => async (port) => `${(await get(port, path)).length} bytes`;

const questions = [
  ['the fleet 15 days ago, detail counts, all pages', whole(`detail=counts&time=${ago(15)}`)],
  ['the fleet 15 days ago, detail camera, all pages', whole(`time=${ago(15)}`)],
  ['the fleet 1 day ago, detail counts, all pages', whole(`detail=counts&time=${ago(1)}`)],
  ['one site of it', one(`/api/v1/at?detail=counts&site=Site%207&time=${ago(12)}`)],
  ['a page of 100', one(`/api/v1/at?time=${ago(20)}`)],
  ['availability of an NVR, 30 days', one('/api/v1/nvrs/DESKTOP-100321/availability?window=30d')],
  ['availability of a camera, 30 days', one('/api/v1/nvrs/DESKTOP-100322/cameras/CAM-103/availability?window=30d')],
  ['timeline of 30 days', one(`/api/v1/timeline?from=${ago(29.9)}`)],
  ['the newest 100 events of an NVR', one('/api/v1/nvrs/DESKTOP-100323/events?order=desc')],
];
for (const [what, ask] of questions) {
  const figures = [];
  for (const cold of process.getuid() === 0 ? [true, false] : [false]) {
    if (cold) execSync('sync; echo 3 > /proc/sys/vm/drop_caches');
    const server = await serve();
    try {
      if (!cold) await ask(server.port);
      const begin = performance.now();
      const answer = await ask(server.port);
      figures.push(`${cold ? 'cold' : 'warm'} ${(performance.now() - begin).toFixed(0)} ms (${answer})`);
    } finally {
      await server.stop();
    }
  }
  console.log(`${what}: ${figures.join(', ')}`);
}
