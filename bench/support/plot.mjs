// Plots, drawn by gnuplot: the data in NAME.dat, the image in NAME.svg.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const quoted = (text) => `"${String(text).replaceAll('"', "'")}"`;

function draw(folder, name, size, data, commands) {
  const dat = join(folder, `${name}.dat`);
  writeFileSync(dat, data);
  const script = [
    `set terminal svg size ${size} dynamic background rgb 'white' font 'sans-serif,13' linewidth 1.2`,
    `set output ${quoted(join(folder, `${name}.svg`))}`,
    "set encoding utf8; set termoption noenhanced; set grid ytics lc rgb '#dddddd'; set border 3; set tics nomirror",
    `data = ${quoted(dat)}`,
    ...commands,
  ].join('\n');
  const { status, error, stderr } = spawnSync('gnuplot', ['-'], { input: script, encoding: 'utf8' });
  if (error ?? status !== 0) throw new Error(`gnuplot: ${error?.message ?? stderr}`);
}

/** Costs over a size that grows tenfold. `series`: [{ name, points: [[x, median, least, most]] }]. */
export function drawLines(folder, name, { title, x, y, series, logY = false }) {
  const drawn = series.filter(({ points }) => points.length > 0);
  const data = drawn.map((one) => `# ${one.name}: ${x}, median, least, most\n${one.points.map((point) => point.join(' ')).join('\n')}\n`).join('\n\n');
  const xs = drawn.flatMap(({ points }) => points.map(([at]) => at));
  if (xs.length === 0) return;
  draw(folder, name, '720,480', data, [
    `set title ${quoted(title)}; set xlabel ${quoted(x)}; set ylabel ${quoted(y)}`,
    `set logscale x; ${logY ? 'set logscale y' : 'set yrange [0:*]'}; set key outside top center horizontal width 2`,
    `set xrange [${Math.min(...xs) / 1.5}:${Math.max(...xs) * 1.5}]`,
    `plot ${drawn.map((one, i) => `data index ${i} using 1:2:3:4 with yerrorlines lw 2 pt 7 ps 0.6 lc ${i + 1} title ${quoted(one.name)}`).join(', ')}`,
  ]);
}

/** Grouped bars. `groups`: [{ name, values: [[median, least, most] or undefined, one for each of `bars`] }]. */
export function drawBars(folder, name, { title, y, bars, groups, logY = false }) {
  const rows = groups.map((group) => [quoted(group.name), ...bars.flatMap((_, i) => group.values[i] ?? ['?', '?', '?'])].join(' '));
  const data = `# ${bars.map((bar) => `${bar}: median, least, most`).join('; ')}\n${rows.join('\n')}\n`;
  draw(folder, name, '860,440', data, [
    `set title ${quoted(title)}; set ylabel ${quoted(y)}; ${logY ? 'set logscale y' : 'set yrange [0:*]'}; set datafile missing '?'`,
    'set style data histogram; set style histogram errorbars gap 1.5 lw 1; set style fill solid 0.75 border; set boxwidth 0.9; set bmargin 3.5',
    `${bars.length > 1 ? 'set key outside top center horizontal width 2' : 'unset key'}; set xtics scale 0`,
    `plot ${bars.map((bar, i) => `data using ${3 * i + 2}:${3 * i + 3}:${3 * i + 4}:xtic(1) lc ${i + 1} title ${quoted(bar)}`).join(', ')}`,
  ]);
}
