import { dateTime, duration, words } from '../model/format';
import { hashOf, type NvrRoute } from '../model/route';
import type { WireCamera } from '../protocol';
import { SeverityIcon, statusSeverity } from './severityIcon';

interface Props {
  cameras: WireCamera[];
  route: NvrRoute;
  now: number;
  onRemove: ((camera: string) => void) | undefined; // undefined: not permitted
}

/** Cameras that are not online first, then by name, as the server orders them. */
export function CameraTable({ cameras, route, now, onRemove }: Props) {
  const needle = route.search.trim().toLowerCase();
  const rows = [...cameras].sort((a, b) => statusSeverity(b.status) - statusSeverity(a.status));
  const found = (camera: WireCamera) =>
    needle !== '' && `${camera.name}\n${camera.ip_address ?? ''}`.toLowerCase().includes(needle);
  return (
    <section class="panel cameras" aria-label="Cameras">
      <h2>Cameras <span class="dim">{cameras.length}</span></h2>
      {cameras.length === 0 ? <p class="dim">This NVR has no cameras.</p> : (
        <table>
          <thead><tr><th scope="col">Camera</th><th scope="col">Status</th><th scope="col">Since</th><th scope="col" class="wide">Source</th><th scope="col" class="wide">Address</th>{onRemove && <th scope="col"><span class="visually-hidden">Remove</span></th>}</tr></thead>
          <tbody>
            {rows.map((camera) => (
              <tr key={camera.name} class={found(camera) ? 'found' : camera.name === route.camera ? 'chosen' : ''}>
                <th scope="row">
                  <a href={hashOf({ ...route, camera: camera.name })} aria-current={camera.name === route.camera ? 'true' : undefined}>{camera.name}</a>
                  <span class="narrow dim">{words(camera.status_source)}{camera.ip_address && `, ${camera.ip_address}`}</span>
                </th>
                <td class="status"><SeverityIcon severity={statusSeverity(camera.status)} /> {words(camera.status)}</td>
                <td class="dim">{camera.since
                  ? <time dateTime={camera.since} title={dateTime(Date.parse(camera.since))}>{duration((now - Date.parse(camera.since)) / 1000)}</time>
                  : 'never reported'}</td>
                <td class="wide dim">{words(camera.status_source)}</td>
                <td class="wide dim address">{camera.ip_address ?? '–'}</td>
                {onRemove && <td class="end"><button type="button" class="link" onClick={() => onRemove(camera.name)}>Remove<span class="visually-hidden"> camera {camera.name}</span></button></td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
