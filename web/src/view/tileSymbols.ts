import { Severity, SEVERITIES } from '../model/severity';

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

/** One symbol in a square: filled, hollow, half, diamond or crossed out. */
export function drawSymbol(context: CanvasRenderingContext2D, severity: Severity, unconfirmed: boolean, side: number, palette: Palette): void {
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

/** The same for an NVR under maintenance: smaller, in a broken frame. */
export function drawMaintainedSymbol(context: CanvasRenderingContext2D, severity: Severity, unconfirmed: boolean, side: number, palette: Palette): void {
  drawFrame(context, side, palette);
  const inner = Math.max(2, Math.round(side * 0.5));
  const margin = Math.round((side - inner) / 2);
  context.translate(margin, margin);
  drawSymbol(context, severity, unconfirmed, inner, palette);
  context.translate(-margin, -margin);
}

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
