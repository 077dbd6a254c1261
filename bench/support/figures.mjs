// Formats figures of several rounds for a table.

export const sorted = (values) => [...values].sort((a, b) => a - b);

/** Median, least and most. */
export function spread(values) {
  const order = sorted(values);
  const middle = order.length >> 1;
  const median = order.length % 2 === 1 ? order[middle] : (order[middle - 1] + order[middle]) / 2;
  return { median, min: order[0], max: order[order.length - 1] };
}

/** Three significant digits; all digits of an integer. */
export function number(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return Math.round(value).toLocaleString('en-US');
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 0.095 ? 2 : 3);
}

/** `3.4 (3.3–3.6)`; for a single round only the figure. */
export function text(values) {
  if (values.length === 0) return '–';
  const { median, min, max } = spread(values);
  return values.length === 1 ? number(median) : `${number(median)} (${number(min)}–${number(max)})`;
}

/** The growth of a cost per unit: the largest ratio of a larger size's cost to a smaller size's. Below 1 it only falls. */
export function growth(costs) {
  let most = 0;
  costs.forEach((cost, i) => costs.slice(0, i).forEach((smaller) => { most = Math.max(most, cost / smaller); }));
  return most;
}

export const WITHIN = 1.3;
/** The verdict on `growth`. */
export function judge(costs) {
  if (costs.length < 2) return '–';
  const factor = growth(costs);
  return `${factor <= WITHIN ? 'yes' : '**no**'} (${number(factor)})`;
}

/** Whether a figure is at or below its target. */
export const within = (value, bar) => (bar === undefined ? '' : value <= bar ? 'yes' : '**no**');

/** The smallest significant difference: a tenth of the figure that is subtracted, and at least that figure's own spread.
 *  The spread of a single figure is unknown, so three tenths are required. */
export function noise(bases) {
  const { median, min, max } = spread(bases);
  return bases.length === 1 ? 0.3 * median : Math.max(0.1 * median, max - min);
}
