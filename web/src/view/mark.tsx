import { Level, LEVELS } from '../model/level';

/** The sign of a level in DOM, the same as the map's (tiles.ts): told by its shape as well as by its colour. */
export function Mark({ level, unconfirmed = false }: { level: Level; unconfirmed?: boolean }) {
  const key = LEVELS.find((one) => one.level === level)!.key;
  return (
    <svg class={`mark mark-${key}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {level === Level.ok && <rect class="solid" x="1" y="1" width="10" height="10" rx="1.5" />}
      {level === Level.unconfirmed && <rect class="hollow" x="2" y="2" width="8" height="8" />}
      {level === Level.trouble && <><rect class="faint" x="1" y="1" width="10" height="10" /><path class="solid" d="M1 1 V11 H11 Z" /></>}
      {level === Level.cameraOffline && <><rect class="faint" x="1" y="1" width="10" height="10" /><path class="solid" d="M6 0.5 L11.5 6 L6 11.5 L0.5 6 Z" /></>}
      {level === Level.nvrOffline && <><rect class="solid" x="0" y="0" width="12" height="12" /><path class="cut" d="M3 3 L9 9 M9 3 L3 9" /></>}
      {unconfirmed && level !== Level.unconfirmed && <rect class="ring" x="0.75" y="0.75" width="10.5" height="10.5" />}
    </svg>
  );
}

/** A camera's status as a level: what is not online is trouble. */
export const statusLevel = (status: string): Level =>
  status === 'online' ? Level.ok : status === 'offline' ? Level.cameraOffline : Level.trouble;

export function Legend() {
  return (
    <ul class="legend">
      {LEVELS.map(({ level, name }) => <li key={level}><Mark level={level} /> {name}</li>)}
    </ul>
  );
}
