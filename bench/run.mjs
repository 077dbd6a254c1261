// The harness of ./run bench: prints tables, and writes tables and plots to a folder. See README.md.
import { parseArgs } from 'node:util';
import { parts } from './parts/all.mjs';
import { Bench } from './support/bench.mjs';
import { cleanUp } from './support/processes.mjs';

const USAGE = `./run bench [PART…] [--rounds N] [--quick] [--out DIR]
./run bench list

PART is a listed name or either half of it: growth/log, growth, log. Default: all parts (some 25 minutes).
--rounds N  how often each figure is measured, interleaved with those it is compared to (3; quick: 1)
--quick     shorter measurements: some 5 minutes
--out DIR   output folder for plots (NAME.svg, NAME.dat) and tables.md (build/bench)`;

function read() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, out: { type: 'string', default: 'build/bench' }, help: { type: 'boolean', short: 'h' } },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: expected an integer of at least 1, got ${values.rounds}`);
  const named = (name) => parts.filter(({ name: whole }) => whole === name || whole.split('/').includes(name));
  const unknown = positionals.find((name) => name !== 'list' && named(name).length === 0);
  if (unknown !== undefined) throw new Error(`unknown part ${unknown}: ./run bench list shows the parts`);
  return { ...values, rounds, list: positionals.includes('list'), chosen: positionals.length === 0 ? parts : parts.filter((part) => positionals.some((name) => named(name).includes(part))) };
}

async function main(options) {
  const bench = new Bench(options);
  let failed = 0;
  for (const part of options.chosen) {
    const began = performance.now();
    try {
      await part.run(bench);
    } catch (error) {
      failed += 1;
      bench.say(`\n${part.name} FAILED: ${error.message}`);
      console.error(error);
    }
    bench.say(`\n(${part.name}: ${((performance.now() - began) / 1000).toFixed(0)} s)`);
    await cleanUp();
  }
  console.log(`\nplots and tables are in ${options.out}`);
  return failed === 0 ? 0 : 1;
}

let options;
try {
  options = read();
} catch (error) {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
if (options.help || options.list) {
  console.log(options.help ? USAGE : parts.map((part) => `${part.name.padEnd(22)} ${part.summary}`).join('\n'));
  process.exit(0);
}
for (const [name, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  process.once(name, () => cleanUp({ forGood: true }).finally(() => process.exit(code)));
}
process.exit(await main(options).finally(cleanUp));
