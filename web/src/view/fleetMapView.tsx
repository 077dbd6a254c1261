import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Signal } from '../signal';
import { count, plural } from '../model/format';
import type { Fleet, Nvr } from '../model/fleet';
import { describe } from '../model/severity';
import { step, type Step } from '../model/mapLayout';
import { nvrHash } from '../model/route';
import { FleetMap } from './fleetMap';
import { onTheme } from './theme';
import { tileBox } from './tilePainter';

const ARRANGE_MS = 3000;
const STEPS: Record<string, Step> = {
  ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down',
  Home: 'first', End: 'last', PageDown: 'nextGroup', PageUp: 'previousGroup',
};

interface Props {
  fleet: Fleet;
  changed: Signal;
  matches: ((nvr: Nvr) => boolean) | undefined; // search result; all other tiles are dimmed
  isLeftOut: ((nvr: Nvr) => boolean) | undefined; // dimmed as well
  isMaintained: (nvr: Nvr) => boolean;
  problemsFirst: boolean;
  search: string;
  large: boolean; // readable from a distance
}

/** The fleet map: a canvas for speed, made accessible by keys and a live region. */
export function FleetMapView({ fleet, changed, matches, isLeftOut, isMaintained, problemsFirst, search, large }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const room = useRef<HTMLDivElement>(null);
  const map = useRef<FleetMap>();
  const pressed = useRef(false); // focus by pointer shows no ring
  const held = useRef(false); // a tile is pointed at or focused: tiles must not move
  const [pointed, setPointed] = useState<Nvr | undefined>();
  const [focused, setFocused] = useState<Nvr | undefined>();
  const [, redraw] = useState(0);
  const isDim = (nvr: Nvr) => (matches ? !matches(nvr) : isLeftOut?.(nvr) ?? false);
  const options = { isDim, isMaintained, problemsFirst };
  const describeNvr = (nvr: Nvr) => describe(nvr.online, nvr.unconfirmed, nvr.cameras, isMaintained(nvr));

  useLayoutEffect(() => {
    const made = new FleetMap(canvas.current!, fleet, options, large);
    map.current = made;
    const measure = () => {
      const box = room.current!;
      // On a phone the page scrolls, and the map is as high as its tiles.
      made.setRoom(box.clientWidth, matchMedia('(max-width: 700px)').matches ? innerHeight / 2 : box.clientHeight);
      redraw((n) => n + 1);
    };
    made.update();
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(room.current!);
    const offChanged = changed.on(() => made.update());
    const offTheme = onTheme(() => made.themeChanged());
    const timer = setInterval(() => {
      made.catchUp(!held.current);
      redraw((n) => n + 1); // updates tooltip and ring
    }, ARRANGE_MS);
    return () => {
      observer.disconnect();
      offChanged();
      offTheme();
      clearInterval(timer);
    };
  }, [fleet, changed]);

  useEffect(() => map.current?.setOptions(options), [matches, isLeftOut, isMaintained, problemsFirst]);

  const at = (event: MouseEvent): Nvr | undefined => {
    const box = canvas.current!.getBoundingClientRect();
    return map.current!.nvrs[map.current!.indexAt(event.clientX - box.left, event.clientY - box.top)];
  };
  const go = (nvr: Nvr | undefined) => {
    if (nvr) location.hash = nvrHash(nvr.hostname, search);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const made = map.current!;
    if (event.key === 'Enter' || event.key === ' ') go(focused);
    else if (STEPS[event.key]) setFocused(made.nvrs[step(made.layout, focused ? made.placeOf(focused.id) : 0, STEPS[event.key]!)]);
    else return;
    event.preventDefault();
  };
  const shown = focused ?? pointed;
  const box = shown && map.current ? tileBox(map.current.layout, map.current.placeOf(shown.id)) : undefined;

  return (
    <div class="map" ref={room}>
      <canvas
        ref={canvas} tabIndex={0} role="application" aria-roledescription="map of the fleet"
        aria-label={`${plural(fleet.nvrs.size, 'NVR')}, ${count(fleet.totals.offline)} offline`} aria-describedby="map-keys"
        onKeyDown={onKeyDown}
        onPointerDown={() => { pressed.current = true; }}
        onFocus={() => {
          held.current = true;
          if (!pressed.current) setFocused((nvr) => nvr ?? map.current!.nvrs[0]);
          pressed.current = false;
        }}
        onBlur={() => { held.current = false; setFocused(undefined); }}
        onMouseMove={(event) => { held.current = true; setPointed(at(event)); if (focused) setFocused(undefined); }}
        onMouseLeave={() => { held.current = document.activeElement === canvas.current; setPointed(undefined); }}
        onClick={(event) => go(at(event))}
      />
      <p id="map-keys" class="visually-hidden">
        Arrow keys move from NVR to NVR, Page Up and Page Down from site to site, Home and End to the first and the last.
        Enter opens the NVR. The list of problems contains the same as text.
      </p>
      {box && shown && (
        <>
          <div class="map-ring" style={{ left: `${box.x - 2}px`, top: `${box.y - 2}px`, width: `${box.width + 4}px`, height: `${box.height + 4}px` }} />
          <div class="map-tip" style={tipPlace(box, room.current!)}>
            <b>{shown.deviceName}</b>
            {shown.deviceName !== shown.hostname && <span>{shown.hostname}</span>}
            {shown.site && <span>{shown.site}</span>}
            <span>{describeNvr(shown)}</span>
          </div>
        </>
      )}
      <p class="visually-hidden" aria-live="polite">
        {focused && `${focused.deviceName}${focused.site && `, ${focused.site}`}: ${describeNvr(focused)}`}
      </p>
    </div>
  );
}

/** Next to the tile, on the side with enough room. */
function tipPlace(box: { x: number; y: number; width: number; height: number }, room: HTMLElement): Record<string, string> {
  const place: Record<string, string> = {};
  if (box.x < room.clientWidth / 2) place['left'] = `${box.x}px`;
  else place['right'] = `${room.clientWidth - box.x - box.width}px`;
  const below = box.y + box.height + 8;
  if (below - room.scrollTop < room.clientHeight - 90) place['top'] = `${below}px`;
  else place['bottom'] = `${room.clientHeight - box.y + 8}px`;
  return place;
}
