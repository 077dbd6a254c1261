import type { Fleet, Nvr } from '../model/fleet';
import { layOut, tileAt, type Layout } from '../model/mapLayout';
import { Order } from '../model/order';
import { TilePainter, type Drawn } from './tilePainter';
import { readPalette } from './tileSymbols';

const CARDS = [{ width: 300, height: 96 }, { width: 225, height: 72 }, { width: 150, height: 48 }];
const RENAME_MS = 500; // sorting ten thousand names costs some frames
const MAX_PIXELS = 16_000_000; // the largest canvas that some browsers draw

export interface MapOptions {
  isDim: (nvr: Nvr) => boolean;
  isMaintained: (nvr: Nvr) => boolean;
  problemsFirst: boolean;
}

/** The fleet on a canvas. Draws all tiles when the order or the size has changed, otherwise only the changed tiles. */
export class FleetMap {
  nvrs: Nvr[] = [];
  layout: Layout = { cellWidth: 1, cellHeight: 1, labelHeight: 0, height: 0, blocks: [] };
  #fleet: Fleet;
  #order = new Order();
  #places = new Map<number, number>(); // nvr_id → index
  #sites: string[] = [];
  #counts: number[] = [];
  #structure = -1;
  #renamedAt = -RENAME_MS;
  #painter: TilePainter;
  #width = 0;
  #height = 0;
  #stale = false; // a severity has changed since the last `arrange`

  constructor(private canvas: HTMLCanvasElement, fleet: Fleet, private options: MapOptions, private large: boolean) {
    this.#fleet = fleet;
    this.#painter = new TilePainter(canvas, readPalette());
  }

  setRoom(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    this.#width = width;
    this.#height = height;
    this.#layOut();
  }

  setOptions(options: MapOptions): void {
    const sort = options.problemsFirst !== this.options.problemsFirst;
    this.options = options;
    if (sort) this.arrange();
    else this.#drawAll();
  }

  themeChanged(): void {
    this.#painter.setPalette(readPalette());
    this.#drawAll();
  }

  /** Draws changes. Added and removed NVRs move the other tiles; a changed severity moves its tile at `arrange`. */
  update(): void {
    if (this.#fleet.structure !== this.#structure) {
      if (performance.now() - this.#renamedAt > RENAME_MS) this.#rename();
      return;
    }
    const changed = this.#fleet.takeChanged();
    if (changed.size === 0) return;
    this.#stale = true;
    const drawn = this.#drawn();
    for (const nvr of changed) this.#painter.one(drawn, this.#places.get(nvr.id) ?? -1);
  }

  /** Draws and arranges what `update` has put off. REQUIRES: called periodically. */
  catchUp(mayMove: boolean): void {
    this.update();
    if (mayMove && this.#stale && this.options.problemsFirst) this.arrange();
  }

  arrange(force = false): void {
    this.#stale = false;
    const sites = this.#order.arrange(this.options.problemsFirst);
    const nvrs = sites.flatMap((site) => site.nvrs);
    const counts = sites.map((site) => site.nvrs.length);
    const same = nvrs.length === this.nvrs.length && nvrs.every((nvr, index) => nvr === this.nvrs[index]);
    if (same && !force) return;
    this.nvrs = nvrs;
    this.#sites = sites.map((site) => site.name);
    this.#places = new Map(nvrs.map((nvr, index) => [nvr.id, index]));
    const fits = counts.length === this.#counts.length && counts.every((count, index) => count === this.#counts[index]);
    this.#counts = counts;
    if (fits) this.#drawAll();
    else this.#layOut();
  }

  indexAt(x: number, y: number): number {
    return tileAt(this.layout, x, y);
  }

  placeOf(id: number): number {
    return this.#places.get(id) ?? -1;
  }

  #rename(): void {
    this.#renamedAt = performance.now();
    this.#structure = this.#fleet.structure;
    this.#fleet.takeChanged();
    this.#order.sortByName(this.#fleet.nvrs.values());
    this.arrange(true);
  }

  #drawn(): Drawn {
    const { isDim, isMaintained } = this.options;
    return { nvrs: this.nvrs, sites: this.#sites, layout: this.layout, isDim, isMaintained };
  }

  #layOut(): void {
    if (this.#width === 0) return;
    const coarse = matchMedia('(pointer: coarse)').matches;
    this.layout = layOut(this.#counts, {
      width: this.#width, height: this.#height, smallest: coarse ? 14 : 5,
      cards: this.large ? CARDS : CARDS.slice(-1), labelHeight: this.large ? 22 : 16,
    });
    this.#drawAll();
  }

  #drawAll(): void {
    const width = this.#width;
    const height = Math.max(1, this.layout.height);
    if (width === 0) return;
    const scale = Math.min(devicePixelRatio, Math.sqrt(MAX_PIXELS / (width * height)));
    const { canvas } = this;
    const [pixelsAcross, pixelsDown] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== pixelsAcross) canvas.width = pixelsAcross;
    if (canvas.height !== pixelsDown) canvas.height = pixelsDown;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    this.#painter.all(this.#drawn(), scale);
  }
}
