// What a unit costs as its number grows by tens. It should not.
import { judge, noise, number, spread, text } from '../support/figures.mjs';
import { reportCost } from '../support/programs.mjs';
import { fanOut } from './audience.mjs';

const point = (x, values) => {
  const { median, min, max } = spread(values);
  return [x, median, min, max];
};

/** `series`: [{ name, costs: [figures of each size, or undefined where noise hides it] }]. */
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
  const beside = [];
  // The floor as well: what sockets cost the kernel, and a processor that has others' data in its caches, it pays too.
  await bench.withPeers({ only: ['nvrhub', 'floor'] }, async (servers) => {
    const kinds = servers.flatMap((server) => sizes.map((count) => ({ name: `${server.name}, ${count} NVRs`, server, nvrs: count })));
    for (const { name, ...load } of loads) {
      const costs = await bench.interleaved(kinds, async ({ server, nvrs }) => {
        const reports = Math.max(load.reports, 5 * nvrs); // else to ask each whether all was read weighs more than they do
        return (await reportCost(server, { ...load, nvrs, reports })).cpu_us;
      });
      servers.forEach((server, i) => series.push({ name: `${server.name}, ${name}`, costs: costs.slice(i * sizes.length, (i + 1) * sizes.length) }));
      const ratios = sizes.map((_, i) => costs[i].map((cost, round) => cost / costs[sizes.length + i]?.[round]));
      if (servers.length === 2) beside.push([`nvrhub ÷ floor, ${name}`, ...ratios.map(text), judge(ratios.map((values) => spread(values).median))]);
    }
  });
  show(bench, 'growth-nvrs', { title: 'CPU time per report as NVRs grow', x: 'NVRs of 32 cameras', y: 'µs a report', sizes, series, extra: beside });
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
      series.push({ name: `${name}, a report`, costs, whole: true });
      series.push({ name: `${name}, a camera in it`, costs: costs.map((values, i) => values.map((cost) => cost / sizes[i])) });
    }
  });
  const [units, whole] = [series.filter((one) => !one.whole), series.filter((one) => one.whole)];
  show(bench, 'growth-cameras', { title: 'CPU time per camera in a report, flat out, as cameras grow', x: 'cameras of an NVR, of 100 NVRs', y: 'µs a camera', sizes, series: units,
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
  show(bench, 'growth-dashboards', { title: 'CPU time per delivered event as dashboards grow', x: 'dashboards, 200 changes a second', y: 'µs a delivered event', sizes, series });
}

/** A change's cost is what a report costs more than one without. */
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
      extra.push([`${name}: µs a report (without changes ${text(costs[0])})`, ...costs.slice(1).map(text), '']);
      series.push({ name: `${name}: µs a change, beyond its report`, costs: costs.slice(1).map((values, i) => {
        const more = values.map((cost, round) => cost - costs[0][round]);
        return more.every((one) => one > noise(costs[0])) ? more.map((one) => one / shares[i + 1]) : undefined;
      }) });
    }
  });
  show(bench, 'growth-changes', { title: 'CPU time per change as more reports bear one', x: 'share of reports with a change', y: 'µs a change', sizes: shares.slice(1), series, extra, label: (share) => `${share * 100} %` });
}

export const growth = [
  { name: 'growth/nvrs', says: 'a report, as NVRs grow from 10 to 9,500', run: nvrs },
  { name: 'growth/cameras', says: 'a camera, as NVRs have 1 to 1,000 of them', run: cameras },
  { name: 'growth/dashboards', says: 'a delivered event, as dashboards grow from 1 to 1,000', run: dashboards },
  { name: 'growth/changes', says: 'a change, as 0.1 % to all of the reports bear one', run: changes },
];
