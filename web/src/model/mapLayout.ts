/** Position of each tile of the fleet map. Geometry only; view/fleetMap.ts draws it. */
export interface Block {
  group: number;
  first: number; // index of its first tile
  count: number;
  x: number;
  y: number;
  columns: number;
}

export interface Layout {
  cellWidth: number;
  cellHeight: number;
  labelHeight: number; // above a block; 0: no labels
  height: number;
  blocks: Block[]; // ordered by `first`
}

export interface Cell {
  width: number;
  height: number;
}

export interface Room {
  width: number;
  height: number;
  smallest: number; // minimum tile size; the map scrolls if the tiles do not fit
  cards: Cell[]; // sizes of cards with names, largest first; used where all fit
  labelHeight: number;
}

const LARGEST_TILE = 56;
const LABEL_WIDTH = 84;
const LEGIBLE = 6; // below this size the symbols on tiles are hard to distinguish
const DEPTHS = [1, 2, 3, 4, 6, 8, 12, 20]; // rows of a block that are tried

/** The largest tiles with which all groups fit the room; labels only where they reduce the tile size little. */
export function layOut(counts: readonly number[], room: Room): Layout {
  const labels = counts.length > 1 ? room.labelHeight : 0;
  for (const card of room.cards) {
    const layout = flowBest(counts, room, card, labels);
    if (layout.height <= room.height) return layout;
  }
  const named = fit(counts, room, labels);
  if (labels === 0) return named;
  const bare = fit(counts, room, 0);
  if (bare.height > room.height) return named; // it scrolls anyway
  const costly = named.cellWidth < 0.7 * bare.cellWidth || (named.cellWidth < LEGIBLE && named.cellWidth < bare.cellWidth);
  return named.height > room.height || costly ? bare : named;
}

/** Bisection for the largest size that fits; nearly exact, because smaller sizes almost always fit as well. */
function fit(counts: readonly number[], room: Room, labels: number): Layout {
  let best = flowBest(counts, room, { width: room.smallest, height: room.smallest }, labels);
  let fits = room.smallest;
  let tooLarge = LARGEST_TILE + 1;
  while (tooLarge - fits > 1) {
    const size = (fits + tooLarge) >> 1;
    const layout = flowBest(counts, room, { width: size, height: size }, labels);
    if (layout.height > room.height) tooLarge = size;
    else [best, fits] = [layout, size];
  }
  return best;
}

function flowBest(counts: readonly number[], room: Room, cell: Cell, labels: number): Layout {
  let best: Layout | undefined;
  for (const depth of counts.length > 1 ? DEPTHS : [1]) {
    const layout = flow(counts, room.width, cell, labels, depth);
    if (!best || layout.height < best.height) best = layout;
  }
  return best!;
}

/** Blocks of `depth` rows wrap like words; a group wider than a line gets lines of its own. */
function flow(counts: readonly number[], width: number, cell: Cell, labels: number, depth: number): Layout {
  const across = Math.max(1, Math.floor(width / cell.width));
  const gap = Math.max(3, Math.min(10, Math.round(Math.min(cell.width, cell.height) / 2)));
  const line = labels + depth * cell.height + gap;
  const least = labels > 0 ? Math.min(across, Math.ceil(LABEL_WIDTH / cell.width)) : 1;
  const blocks: Block[] = [];
  let x = 0;
  let y = 0;
  let first = 0;
  counts.forEach((count, group) => {
    const columns = Math.max(Math.ceil(count / depth), least);
    const whole = columns > across;
    if (x > 0 && (whole || x + columns * cell.width > width)) {
      x = 0;
      y += line;
    }
    blocks.push({ group, first, count, x, y: y + labels, columns: whole ? across : columns });
    first += count;
    if (whole) y += labels + Math.ceil(count / across) * cell.height + gap;
    else x += columns * cell.width + gap;
  });
  if (x > 0) y += line;
  return { cellWidth: cell.width, cellHeight: cell.height, labelHeight: labels, height: Math.max(0, y - gap), blocks };
}

export function blockOf(layout: Layout, index: number): Block | undefined {
  let low = 0;
  let high = layout.blocks.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (layout.blocks[middle]!.first <= index) low = middle;
    else high = middle;
  }
  const block = layout.blocks[low];
  return block && index >= block.first && index < block.first + block.count ? block : undefined;
}

export function positionOf(layout: Layout, index: number): { x: number; y: number } | undefined {
  const block = blockOf(layout, index);
  if (!block) return undefined;
  const at = index - block.first;
  return {
    x: block.x + (at % block.columns) * layout.cellWidth,
    y: block.y + Math.floor(at / block.columns) * layout.cellHeight,
  };
}

/** The tile at a point, or -1. */
export function tileAt(layout: Layout, x: number, y: number): number {
  for (const block of layout.blocks) {
    const column = Math.floor((x - block.x) / layout.cellWidth);
    const row = Math.floor((y - block.y) / layout.cellHeight);
    if (column < 0 || row < 0 || column >= block.columns) continue;
    const at = row * block.columns + column;
    if (at < block.count) return block.first + at;
  }
  return -1;
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'nextGroup' | 'previousGroup';

/** The tile that a key selects from `index`: within the rows of a block, then the nearest tile above or below. */
export function step(layout: Layout, index: number, to: Step): number {
  const last = layout.blocks.reduce((sum, block) => sum + block.count, 0) - 1;
  const block = blockOf(layout, index);
  if (last < 0 || !block) return last < 0 ? -1 : 0;
  switch (to) {
    case 'left':
      return Math.max(0, index - 1);
    case 'right':
      return Math.min(last, index + 1);
    case 'first':
      return 0;
    case 'last':
      return last;
    case 'nextGroup':
      return layout.blocks[layout.blocks.indexOf(block) + 1]?.first ?? index;
    case 'previousGroup':
      return index > block.first ? block.first : (layout.blocks[layout.blocks.indexOf(block) - 1]?.first ?? index);
    case 'up':
      return vertical(layout, index, -1);
    case 'down':
      return vertical(layout, index, 1);
  }
}

function vertical(layout: Layout, index: number, direction: 1 | -1): number {
  const from = positionOf(layout, index)!;
  const x = from.x + layout.cellWidth / 2;
  const y = from.y + layout.cellHeight / 2;
  const reach = layout.cellHeight + layout.labelHeight + 12;
  for (let dy = layout.cellHeight / 2 + 1; dy <= layout.height; dy += layout.cellHeight / 2) {
    const hit = tileAt(layout, x, y + direction * dy);
    if (hit >= 0 && hit !== index) return hit;
    if (dy < reach) continue;
    const near = nearestOnLine(layout, x, y + direction * dy);
    if (near >= 0 && near !== index) return near;
  }
  return index;
}

/** The tile nearest to x among the rows that all blocks have at height y, or -1. */
function nearestOnLine(layout: Layout, x: number, y: number): number {
  let best = -1;
  let distance = Infinity;
  for (const block of layout.blocks) {
    const row = Math.floor((y - block.y) / layout.cellHeight);
    const start = row * block.columns;
    if (row < 0 || start >= block.count) continue;
    const filled = Math.min(block.columns, block.count - start);
    const column = Math.min(filled - 1, Math.max(0, Math.floor((x - block.x) / layout.cellWidth)));
    const away = Math.abs(block.x + (column + 0.5) * layout.cellWidth - x);
    if (away < distance) {
      distance = away;
      best = block.first + start + column;
    }
  }
  return best;
}
