import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './support/bundle.mjs';

const { blockOf, layOut, positionOf, step, tileAt } = await load('model/mapLayout.ts');

// The space of the map on a laptop of 1440 × 900, next to the list and above the slider.
const LAPTOP = { width: 1090, height: 620, smallest: 5, cards: [{ width: 150, height: 48 }], labelHeight: 16 };
const FLEETS = {
  'an empty fleet': [],
  'one NVR': [1],
  'ten thousand without sites': [10_000],
  'ten thousand in a hundred sites': Array.from({ length: 100 }, () => 100),
  'ten thousand in two thousand sites': Array.from({ length: 2000 }, () => 5),
  'sites of very different size': [5000, 1, 3000, 2, 2, 1, 700, 90, 1],
  'three hundred in twelve sites': Array.from({ length: 12 }, () => 25),
};

for (const [name, counts] of Object.entries(FLEETS)) {
  test(`The map of ${name} fits, no two tiles overlap, and each tile is found at its position`, () => {
    const layout = layOut(counts, LAPTOP);
    assert.ok(layout.height <= LAPTOP.height, `${layout.height} px high`);
    const total = counts.reduce((a, b) => a + b, 0);
    const positions = new Set();
    for (let index = 0; index < total; index += 1) {
      const { x, y } = positionOf(layout, index);
      assert.ok(x >= 0 && y >= 0 && x + layout.cellWidth <= LAPTOP.width && y + layout.cellHeight <= layout.height + 1);
      assert.equal(tileAt(layout, x + layout.cellWidth / 2, y + layout.cellHeight / 2), index);
      positions.add(`${x} ${y}`);
    }
    assert.equal(positions.size, total);
  });
}

test('A small fleet is shown as cards, a large one as tiles, and a very large one scrolls', () => {
  assert.equal(layOut([20], LAPTOP).cellWidth, 150);
  assert.equal(layOut([2000], LAPTOP).cellWidth, layOut([2000], LAPTOP).cellHeight);
  const packed = layOut([200_000], LAPTOP);
  assert.equal(packed.cellWidth, LAPTOP.smallest);
  assert.ok(packed.height > LAPTOP.height);
});

test('Site names are shown where there is enough room', () => {
  assert.ok(layOut(FLEETS['ten thousand in a hundred sites'], LAPTOP).labelHeight > 0);
  assert.equal(layOut(FLEETS['ten thousand in two thousand sites'], LAPTOP).labelHeight, 0);
});

test('Keys reach every tile and stop at the ends', () => {
  const layout = layOut([7, 1, 30, 12], { ...LAPTOP, width: 300, height: 200 });
  const keys = ['left', 'right', 'up', 'down', 'nextGroup', 'previousGroup'];
  const reached = new Set([0]);
  for (const from of reached) for (const key of keys) reached.add(step(layout, from, key));
  assert.equal(reached.size, 50);
  assert.equal(step(layout, 0, 'left'), 0);
  assert.equal(step(layout, 49, 'right'), 49);
  assert.equal(step(layout, 20, 'first'), 0);
  assert.equal(step(layout, 20, 'last'), 49);
  assert.equal(step(layout, 0, 'nextGroup'), 7);
  assert.equal(step(layout, 8, 'previousGroup'), 7);
  assert.equal(step(layOut([], LAPTOP), 0, 'right'), -1);
});

test('Down and up select the tile in the next row and back', () => {
  const layout = layOut([600], LAPTOP);
  const { columns } = blockOf(layout, 0);
  assert.equal(step(layout, 3, 'down'), 3 + columns);
  assert.equal(step(layout, 3 + columns, 'up'), 3);
});
