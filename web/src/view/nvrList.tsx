import { useState } from 'preact/hooks';
import { duration, plural } from '../model/format';
import type { Fleet, Nvr } from '../model/fleet';
import { Severity } from '../model/severity';
import { worstFirst } from '../model/order';
import { nvrHash } from '../model/route';
import { SeverityIcon } from './severityIcon';

const PAGE = 60;

interface Props {
  fleet: Fleet;
  now: number | undefined;
  search: string;
  matches: ((nvr: Nvr) => boolean) | undefined;
  isLeftOut: ((nvr: Nvr) => boolean) | undefined; // of the problems, not of search results
  isMaintained: (nvr: Nvr) => boolean;
  searching: boolean;
  failed: string;
}

/** The problems or the search results as text, next to the map. */
export function NvrList({ fleet, now, search, matches, isLeftOut, isMaintained, searching, failed }: Props) {
  const [pages, setPages] = useState(1);
  const found: Nvr[] = [];
  for (const nvr of fleet.nvrs.values()) {
    if (matches ? matches(nvr) : nvr.severity !== Severity.ok && !isLeftOut?.(nvr)) found.push(nvr);
  }
  const shown = worstFirst(found).slice(0, PAGE * pages);
  const title = matches ? `${plural(found.length, 'NVR')} found` : plural(found.length, 'problem');
  return (
    <section class="list panel" tabIndex={-1} aria-label={matches ? 'Search results' : 'Problems'}>
      <h2>{title}{searching && <span class="dim"> · searching cameras and addresses …</span>}</h2>
      {failed && <p class="note">Cameras and addresses could not be searched: {failed}</p>}
      {found.length === 0 && !searching && <p class="dim">{nothing(fleet, matches !== undefined, search, isLeftOut !== undefined)}</p>}
      <ul>
        {shown.map((nvr) => (
          <li key={nvr.id}>
            <a href={nvrHash(nvr.hostname, search)}>
              <SeverityIcon severity={nvr.severity} unconfirmed={nvr.unconfirmed} maintained={isMaintained(nvr)} />
              <span class="list-name">{nvr.deviceName}</span>
              <span class="list-site">{nvr.site}</span>
              <span class="list-what">{what(nvr, now)}{isMaintained(nvr) && ', under maintenance'}</span>
            </a>
          </li>
        ))}
      </ul>
      {found.length > shown.length && (
        <button type="button" onClick={() => setPages(pages + 1)}>{plural(found.length - shown.length, 'more', 'more')}</button>
      )}
    </section>
  );
}

function nothing(fleet: Fleet, searched: boolean, search: string, someLeftOut: boolean): string {
  if (searched) return `No name, site, camera or address contains “${search}”.`;
  return fleet.nvrs.size === 0 ? 'No NVRs.' : `All ${someLeftOut ? 'other ' : ''}NVRs and cameras are online.`;
}

function what(nvr: Nvr, now: number | undefined): string {
  if (!nvr.online) {
    if (!nvr.lastSeen) return 'offline, never seen';
    return now ? `offline, last seen ${duration((now - Date.parse(nvr.lastSeen)) / 1000)} ago` : 'offline';
  }
  const { online, offline, other } = nvr.cameras;
  const bad = [...(offline > 0 ? [`${offline} offline`] : []), ...(other > 0 ? [`${other} with a fault`] : [])].join(', ');
  const cameras = `${bad}${bad && ' of '}${plural(online + offline + other, 'camera')}`;
  return nvr.unconfirmed ? `not reconnected yet, ${cameras}` : cameras;
}
