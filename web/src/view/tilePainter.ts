import type { Nvr } from '../model/fleet';
import { SEVERITIES } from '../model/severity';
import { blockOf, positionOf, type Layout } from '../model/mapLayout';
import { drawMaintainedSymbol, drawSymbol, type Palette } from './tileSymbols';

export interface Drawn {
  nvrs: Nvr[];
  sites: string[];
  layout: Layout;
  isDim: (nvr: Nvr) => boolean;
  isMaintained: (nvr: Nvr) => boolean;
}

const DIM = 0.22;
const STATES = [[false, false], [true, false], [false, true], [true, true]] as const; // unconfirmed, maintained: sprites of a severity
const CARD_HEIGHT = 48; // the height for which the sizes on a card are given; they scale with it

/** Draws tiles on a canvas by copying prepared sprites, because ten thousand are drawn at a time. */
export class TilePainter {
  #context: CanvasRenderingContext2D;
  #sprites = document.createElement('canvas');
  #spriteKey = '';
  #size = 0;

  constructor(canvas: HTMLCanvasElement, private palette: Palette) {
    this.#context = canvas.getContext('2d')!;
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.#spriteKey = '';
  }

  all(drawn: Drawn, scale: number): void {
    const { layout } = drawn;
    const canvas = this.#context.canvas;
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, canvas.width, canvas.height);
    this.#context.scale(scale, scale);
    this.#prepare(layout, scale);
    for (const block of layout.blocks) {
      if (layout.labelHeight > 0) this.#label(drawn.sites[block.group] || 'no site', layout, block.x, block.y, block.columns);
    }
    for (let index = 0; index < drawn.nvrs.length; index += 1) this.one(drawn, index);
  }

  one({ nvrs, layout, isDim, isMaintained }: Drawn, index: number): void {
    const nvr = nvrs[index];
    const at = positionOf(layout, index);
    if (!nvr || !at) return;
    const context = this.#context;
    context.clearRect(at.x, at.y, layout.cellWidth, layout.cellHeight);
    context.globalAlpha = isDim(nvr) ? DIM : 1;
    if (layout.cellWidth > layout.cellHeight) this.#card(nvr, isMaintained(nvr), layout, at.x, at.y);
    else this.#sprite(nvr, isMaintained(nvr), at.x, at.y);
    context.globalAlpha = 1;
  }

  #label(name: string, layout: Layout, x: number, y: number, columns: number): void {
    const context = this.#context;
    context.font = `${Math.round(layout.labelHeight * 0.7)}px ${this.palette.font}`;
    context.fillStyle = this.palette.dim;
    context.textBaseline = 'alphabetic';
    context.fillText(fitText(context, name, columns * layout.cellWidth - 2), x, y - 5);
  }

  #sprite(nvr: Nvr, maintained: boolean, x: number, y: number): void {
    const side = this.#sprites.height;
    const column = nvr.severity * STATES.length + (nvr.unconfirmed ? 1 : 0) + (maintained ? 2 : 0);
    this.#context.drawImage(this.#sprites, column * side, 0, side, side, x, y, this.#size, this.#size);
  }

  #prepare(layout: Layout, scale: number): void {
    const pitch = layout.cellHeight;
    this.#size = layout.cellWidth > pitch ? pitch / 4 : pitch - (pitch >= 12 ? 2 : 1);
    const side = Math.round(this.#size * scale);
    const key = `${side} ${scale}`;
    if (key === this.#spriteKey) return;
    this.#spriteKey = key;
    this.#sprites.width = side * SEVERITIES.length * STATES.length;
    this.#sprites.height = side;
    const context = this.#sprites.getContext('2d')!;
    for (const { severity } of SEVERITIES) {
      STATES.forEach(([unconfirmed, maintained], state) => {
        context.setTransform(1, 0, 0, 1, (severity * STATES.length + state) * side, 0);
        (maintained ? drawMaintainedSymbol : drawSymbol)(context, severity, unconfirmed, side, this.palette);
      });
    }
  }

  #card(nvr: Nvr, maintained: boolean, layout: Layout, x: number, y: number): void {
    const context = this.#context;
    const zoom = layout.cellHeight / CARD_HEIGHT;
    const width = layout.cellWidth - 6;
    const height = layout.cellHeight - 6;
    const middle = y + height / 2;
    const room = width - 34 * zoom;
    context.fillStyle = this.palette.faint[nvr.severity]!;
    context.beginPath();
    context.roundRect(x, y, width, height, 4);
    context.fill();
    if (maintained) {
      context.strokeStyle = this.palette.dim;
      context.lineWidth = 1.5 * zoom;
      context.setLineDash([5 * zoom, 4 * zoom]);
      context.beginPath();
      context.roundRect(x + 1, y + 1, width - 2, height - 2, 4);
      context.stroke();
      context.setLineDash([]);
    }
    this.#sprite(nvr, maintained, x + 8 * zoom, middle - this.#size / 2);
    context.textBaseline = 'alphabetic';
    context.font = `600 ${12 * zoom}px ${this.palette.font}`;
    context.fillStyle = this.palette.text;
    context.fillText(fitText(context, nvr.deviceName, room), x + 28 * zoom, middle - 2 * zoom);
    context.font = `${11 * zoom}px ${this.palette.font}`;
    const { online, offline, other } = nvr.cameras;
    const line = nvr.online ? `${online} / ${online + offline + other} online` : 'offline';
    const status = nvr.unconfirmed ? `${line}?` : line;
    const whole = `${status} · maintenance`; // the frame says so as well
    const text = maintained && context.measureText(whole).width <= room ? whole : status;
    context.fillText(fitText(context, text, room), x + 28 * zoom, middle + 13 * zoom);
  }
}

function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let low = 0;
  let high = Math.min(text.length, Math.ceil(width / 2));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low > 0 ? `${text.slice(0, low)}…` : '';
}

/** Position and size of a tile, for the ring around it. */
export function tileBox(layout: Layout, index: number): { x: number; y: number; width: number; height: number } | undefined {
  const at = positionOf(layout, index);
  if (!at || !blockOf(layout, index)) return undefined;
  const gap = layout.cellWidth > layout.cellHeight ? 6 : layout.cellHeight >= 12 ? 2 : 1;
  return { ...at, width: layout.cellWidth - gap, height: layout.cellHeight - gap };
}
