import type { Nvr } from '../model/fleet';
import { Severity, SEVERITIES } from '../model/severity';
import { blockOf, positionOf, type Layout } from '../model/mapLayout';

/** The current colours of the style sheet, light or dark. */
export interface Palette {
  levels: string[]; // by severity
  faint: string[];
  text: string;
  dim: string;
  panel: string;
  font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const levels: string[] = [];
  const faint: string[] = [];
  for (const { severity, key } of SEVERITIES) {
    levels[severity] = read(`--${key}`);
    faint[severity] = read(`--${key}-faint`);
  }
  return { levels, faint, text: read('--text'), dim: read('--dim'), panel: read('--panel'), font: read('--font') };
}

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
        const left = (severity * STATES.length + state) * side;
        context.setTransform(1, 0, 0, 1, left, 0);
        if (!maintained) return drawIcon(context, severity, unconfirmed, side, this.palette);
        drawFrame(context, side, this.palette);
        const inner = Math.max(2, Math.round(side * 0.5));
        context.translate(Math.round((side - inner) / 2), Math.round((side - inner) / 2));
        drawIcon(context, severity, unconfirmed, inner, this.palette);
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

/** One symbol in a square: filled, hollow, half, diamond or crossed out. */
function drawIcon(context: CanvasRenderingContext2D, severity: Severity, unconfirmed: boolean, side: number, palette: Palette): void {
  const line = Math.max(1, Math.round(side * 0.14));
  context.fillStyle = palette.levels[severity]!;
  context.strokeStyle = palette.levels[Severity.unconfirmed]!;
  context.lineWidth = line;
  const polygon = (...points: number[]) => {
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) context.lineTo(points[i]! * side, points[i + 1]! * side);
    context.fill();
  };
  switch (severity) {
    case Severity.ok:
      context.fillRect(0, 0, side, side);
      break;
    case Severity.unconfirmed:
      break; // only the ring below
    case Severity.trouble:
    case Severity.cameraOffline:
      context.fillStyle = palette.faint[severity]!;
      context.fillRect(0, 0, side, side);
      context.fillStyle = palette.levels[severity]!;
      if (severity === Severity.trouble) polygon(0, 0, 0, 1, 1, 1);
      else polygon(0.5, 0, 1, 0.5, 0.5, 1, 0, 0.5);
      break;
    case Severity.nvrOffline:
      context.fillRect(0, 0, side, side);
      context.strokeStyle = palette.panel;
      context.beginPath();
      context.moveTo(0.22 * side, 0.22 * side);
      context.lineTo(0.78 * side, 0.78 * side);
      context.moveTo(0.78 * side, 0.22 * side);
      context.lineTo(0.22 * side, 0.78 * side);
      context.stroke();
  }
  if (unconfirmed) context.strokeRect(line / 2, line / 2, side - line, side - line);
}

/** Around the smaller symbol of an NVR under maintenance: a broken line. */
function drawFrame(context: CanvasRenderingContext2D, side: number, palette: Palette): void {
  const line = Math.max(1, Math.round(side * 0.1));
  const dash = Math.max(1, (side - line) / 7); // four dashes and three gaps on each edge
  context.strokeStyle = palette.text;
  context.lineWidth = line;
  context.setLineDash([dash, dash]);
  for (const [x1, y1, x2, y2] of [[0, 0, 1, 0], [0, 1, 1, 1], [0, 0, 0, 1], [1, 0, 1, 1]] as const) {
    const at = (end: number) => line / 2 + end * (side - line);
    context.beginPath();
    context.moveTo(at(x1), at(y1));
    context.lineTo(at(x2), at(y2));
    context.stroke();
  }
  context.setLineDash([]);
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
