import { useEffect, useState } from 'preact/hooks';
import { dateTime, plural, shortTime, words } from '../model/format';
import { getJson } from '../net/http';
import type { CameraChange, EventPage, WireEvent } from '../protocol';

const PAGE = 50;
const NAMED = 4; // cameras named per event

interface Props {
  path: string; // of the NVR or the camera
  camera: string;
  live: WireEvent[]; // newest first
}

/** Events, newest first: those of the feed, then those of the stored history. */
export function EventList({ path, camera, live }: Props) {
  const [old, setOld] = useState<WireEvent[]>([]);
  const [next, setNext] = useState<string | null>('');
  const [failed, setFailed] = useState('');
  const [loading, setLoading] = useState(false);
  const more = async (cursor: string) => {
    setLoading(true);
    try {
      const page = await getJson<EventPage>(`${path}/events?order=desc&limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      setOld((events) => [...events, ...page.events]);
      setNext(page.next);
      setFailed('');
    } catch (error) {
      setFailed((error as Error).message);
    }
    setLoading(false);
  };
  useEffect(() => void more(''), []);
  const newest = old[0]?.seq ?? 0;
  const fresh = live.filter((event) => event.seq > newest && concerns(event, camera));
  const events = [...fresh, ...old];
  return (
    <section class="panel events" aria-label="Events">
      <h2>Events</h2>
      {failed && <p class="note">The history could not be loaded: {failed}</p>}
      {events.length === 0 && !loading && !failed && <p class="dim">No events yet.</p>}
      <ol>
        {events.map((event) => (
          <li key={event.seq} class={`event event-${event.kind}`}>
            <time class="dim" dateTime={event.timestamp} title={dateTime(Date.parse(event.timestamp))}>{shortTime(Date.parse(event.timestamp))}</time>
            <span>{describeEvent(event, camera)}</span>
          </li>
        ))}
      </ol>
      {next !== null && <button type="button" disabled={loading} onClick={() => void more(next)}>{loading ? 'Loading …' : 'Older'}</button>}
    </section>
  );
}

/** The same rule by which the server selects the events of a camera. */
function concerns(event: WireEvent, camera: string): boolean {
  if (camera === '' || event.kind === 'nvr_offline' || event.kind === 'removed') return true;
  return event.cameras?.some((change) => change.name === camera) ?? false;
}

function describeChange({ name, from, status }: CameraChange): string {
  return from === status ? `${name} ${words(status)}` : `${name}: ${words(from)} → ${words(status)}`; // equal: only the source changed
}

function describeEvent(event: WireEvent, camera: string): string {
  const changes = (event.cameras ?? []).filter((change) => camera === '' || change.name === camera);
  const named = changes.slice(0, NAMED).map(describeChange).join(', ');
  const rest = changes.length > NAMED ? ` and ${plural(changes.length - NAMED, 'more camera')}` : '';
  switch (event.kind) {
    case 'nvr_online':
      return changes.length > 0 ? `NVR online: ${named}${rest}` : 'NVR online';
    case 'nvr_offline':
      return `NVR offline (${words(event.cause ?? 'unknown')})${event.cameras_updated ? `, ${plural(event.cameras_updated, 'camera')} went offline with it` : ''}`;
    case 'cameras':
      return `${named}${rest}`;
    case 'registered':
      return event.nvr ? `Registered as ${event.nvr.device_name}${event.nvr.site ? ` at ${event.nvr.site}` : ''}` : 'Registered';
    case 'conflict':
      return `Conflict: ${event.detail ?? ''}`;
    default:
      return words(event.kind) + (event.detail ? `: ${event.detail}` : '');
  }
}
