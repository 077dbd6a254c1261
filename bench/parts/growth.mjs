// The cost per unit as the number of units grows tenfold. It should stay constant.
import { judge, noise, number, spread, text } from '../support/figures.mjs';
import { reportCost } from '../support/programs.mjs';
import { fanOut } from './audience.mjs';

const point = (x, values) => {
  const { median, min, max } = spread(values);
  return [x, median, min, max];
};

/** `series`: [{ name, costs: [figures of each size, or undefined below the noise] }]. */
function show(bench, key, { title, sizes, x, y, series, extra = [], label = number }) {
  bench.table(title, [x, ...sizes.map((size) => (label(size))), 'within 1.3×'],
    [...extra, ...series.map(({ name, costs }) => [name, ...costs.map((values) => (values ? text(values) : 'noise')),
      judge(costs.filter(Boolean).map((values) => spread(values).median))])]);
  bench.lines(key, { title, x, y, logY: true,
    series: series.map(({ name, costs }) => ({ name, points: costs.flatMap((values, i) => (values ? [point(sizes[i], values)] : [])) })) });
}

async function nvrs(bench) {
  const sizes = [10, 100, 1000, 9500];
  const loads = [
    { name: 'flat out, nothing changes', reports: 95_000, change: 0 },
    { name: 'paced at 5,000/s, nothing changes', reports: 19_000, rate: 5000, change: 0 },
    { name: 'paced at 5,000/s, 5 % with a change', reports: 19_000, rate: 5000, change: 0.05 },
  ];
  const series = [];
  const ratiosToFloor = [];
  // The floor as well: it pays the same kernel cost of sockets and the same cache misses.
  await bench.withPeers({ only: ['nvrhub', 'floor'] }, async (servers) => {
    const kinds = servers.flatMap((server) => sizes.map((count) => ({ name: `${server.name}, ${count} NVRs`, server, nvrs: count })));
    for (const { name, ...load } of loads) {
      const costs = await bench.interleaved(kinds, async ({ server, nvrs }) => {
        const reports = Math.max(load.reports, 5 * nvrs); // otherwise the read confirmation of each NVR costs more than its reports
        return (await reportCost(server, { ...load, nvrs, reports })).cpu_us;
      });
      servers.forEach((server, i) => series.push({ name: `${server.name}, ${name}`, costs: costs.slice(i * sizes.length, (i + 1) * sizes.length) }));
      const ratios = sizes.map((_, i) => costs[i].map((cost, round) => cost / costs[sizes.length + i]?.[round]));
      if (servers.length === 2) ratiosToFloor.push([`nvrhub ÷ floor, ${name}`, ...ratios.map(text), judge(ratios.map((values) => spread(values).median))]);
    }
  });
  show(bench, 'growth-nvrs', { title: 'CPU time per report as NVRs grow', x: 'NVRs of 32 cameras', y: 'µs per report', sizes, series, extra: ratiosToFloor });
}

async function cameras(bench) {
  const sizes = [1, 10, 100, 1000];
  const reports = { 1: 150_000, 10: 100_000, 100: 40_000, 1000: 6_000 };
  const kinds = sizes.map((count) => ({ name: `${count} cameras`, cameras: count }));
  const loads = [{ name: 'nothing changes', change: 0 }, { name: 'each report with a change', change: 1, share: 0.3 }];
  const series = [];
  await bench.withServer(async (server) => {
    for (const { name, change, share = 1 } of loads) {
      const costs = await bench.interleaved(kinds, async (kind) => (
        await reportCost(server, { nvrs: 100, cameras: kind.cameras, change, reports: bench.scale(reports[kind.cameras] * share) })).cpu_us);
      series.push({ name: `${name}, per report`, costs, whole: true });
      series.push({ name: `${name}, per camera in it`, costs: costs.map((values, i) => values.map((cost) => cost / sizes[i])) });
    }
  });
  const [units, whole] = [series.filter((one) => !one.whole), series.filter((one) => one.whole)];
  show(bench, 'growth-cameras', { title: 'CPU time per camera in a report, flat out, as cameras grow', x: 'cameras per NVR, 100 NVRs', y: 'µs per camera', sizes, series: units,
    extra: whole.map(({ name, costs }) => [`µs: ${name}`, ...costs.map(text), '']) });
}

async function dashboards(bench) {
  const sizes = [1, 10, 100, 1000];
  const series = [];
  await bench.withServer(async (server) => {
    for (const mode of ['feed', 'subscribe']) {
      const figures = await bench.interleaved(sizes.map((count) => ({ name: `${mode} ${count}`, count })),
        ({ count }) => fanOut(bench, server, mode, count, { seconds: bench.scale(4, 0.5) }), Math.min(bench.rounds, 2));
      const least = noise(figures.flat().map((one) => one.change_alone_us));
      const costs = figures.map((list, i) => {
        const clear = list.every((one) => one.delivered_us * sizes[i] > least);
        return clear ? list.map((one) => one.delivered_us) : undefined;
      });
      series.push({ name: mode, costs });
    }
  });
  show(bench, 'growth-dashboards', { title: 'CPU time per delivered event as dashboards grow', x: 'dashboards, 200 changes a second', y: 'µs per delivered event', sizes, series });
}

/** The cost of a change is the difference between a report with and without one. */
async function changes(bench) {
  const shares = [0, 0.001, 0.01, 0.1, 1];
  const kinds = shares.map((share) => ({ name: `${share * 100} %`, share }));
  const loads = [
    { name: 'flat out', reports: bench.scale(100_000) },
    { name: 'paced at 5,000/s', reports: bench.scale(15_000, 0.5), rate: 5000 },
  ];
  const series = [];
  const extra = [];
  await bench.withServer(async (server) => {
    for (const { name, ...load } of loads) {
      const costs = await bench.interleaved(kinds, async ({ share }) => (await reportCost(server, { ...load, nvrs: 1000, change: share })).cpu_us);
      extra.push([`${name}: µs per report (without changes ${text(costs[0])})`, ...costs.slice(1).map(text), '']);
      series.push({ name: `${name}: µs per change, in addition to its report`, costs: costs.slice(1).map((values, i) => {
        const more = values.map((cost, round) => cost - costs[0][round]);
        return more.every((one) => one > noise(costs[0])) ? more.map((one) => one / shares[i + 1]) : undefined;
      }) });
    }
  });
  show(bench, 'growth-changes', { title: 'CPU time per change as more reports have one', x: 'share of reports with a change', y: 'µs per change', sizes: shares.slice(1), series, extra, label: (share) => `${share * 100} %` });
}

export const growth = [
  { name: 'growth/nvrs', summary: 'cost of a report with 10 to 9,500 NVRs', run: nvrs },
  { name: 'growth/cameras', summary: 'cost of a camera with 1 to 1,000 cameras per NVR', run: cameras },
  { name: 'growth/dashboards', summary: 'cost of a delivered event with 1 to 1,000 dashboards', run: dashboards },
  { name: 'growth/changes', summary: 'cost of a change with a change in 0.1 % to 100 % of the reports', run: changes },
];
