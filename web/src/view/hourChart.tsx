import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Signal } from '../signal';
import { count } from '../model/format';
import type { HourSeries } from '../model/hourSeries';
import { useSignal } from './hooks';
import { onTheme } from './theme';

const SPAN_S = 3600;

/** The hour that is shown: the last one, or one in the past. */
export interface ChartSource {
  hour: HourSeries;
  hourChanged: Signal;
  now(): number; // its end, in ms
}

interface Props {
  of: ChartSource;
  title: string;
  column: 'down' | 'rate';
  colour: string; // a custom property
  whole: boolean; // a count, not a rate
  now?: number; // the value at the end of the hour, if it is known more exactly than from the last step
}

/** One value over an hour, as a line. */
export function HourChart({ of, title, column, colour, whole, now: known }: Props) {
  const version = useSignal(of.hourChanged, 1000);
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const { times } = of.hour.columns;
  const values = of.hour.columns[column];
  const seen = values.filter((value): value is number => value !== null);
  const show = (value: number | undefined) =>
    value === undefined ? '–' : whole || value >= 100 ? count(Math.round(value)) : count(Math.round(value * 10) / 10);
  const last = known ?? seen.at(-1);
  const [now, max] = [show(last), show(last === undefined ? undefined : seen.reduce((a, b) => Math.max(a, b), last))];

  useEffect(() => {
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(host.current!, colour, of), [[], []], host.current!);
    };
    make();
    const observer = new ResizeObserver(() => plot.current?.setSize(sizeOf(host.current!)));
    observer.observe(host.current!);
    const offTheme = onTheme(() => {
      make();
      plot.current!.setData([of.hour.columns.times, of.hour.columns[column]]);
    });
    return () => {
      observer.disconnect();
      offTheme();
      plot.current?.destroy();
    };
  }, [of]);
  useEffect(() => plot.current?.setData([times, values]), [of, version]);

  return (
    <figure class="chart">
      <figcaption>{title} <b>{now}</b> <span class="dim">maximum {max} in this hour</span></figcaption>
      <div ref={host} class="chart-plot" role="img" aria-label={`${title} in this hour: ${now} at the end, maximum ${max}`} />
    </figure>
  );
}

const sizeOf = (host: HTMLElement) => ({ width: Math.max(40, host.clientWidth), height: Math.max(30, host.clientHeight) });

function options(host: HTMLElement, colour: string, of: ChartSource): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: read('--dim'), font: `10px ${read('--font')}`, ticks: { show: false } };
  const grid = { stroke: read('--line'), width: 1 };
  return {
    ...sizeOf(host),
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: () => [of.now() / 1000 - SPAN_S, of.now() / 1000] },
      y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, size: 18, gap: 2, grid: { show: false }, space: 70, values: '{HH}:{mm}' },
      { ...axis, size: 44, gap: 4, grid, space: 26, values: (_plot, ticks) => ticks.map((tick) => count(tick)) },
    ],
    series: [{}, { stroke: read(colour), fill: `${read(colour)}2b`, width: 1.25, points: { show: false }, spanGaps: false }],
    padding: [6, 16, 0, 0],
  };
}
