import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import type { Nvr } from '../model/fleet';
import { plural } from '../model/format';
import { readSetting, saveSetting } from '../settings';
import { useSignal } from './hooks';

const KEY = 'nvrhub.maintenance';
const none = () => false;

interface Maintained {
  isMaintained: (nvr: Nvr) => boolean;
  /** Whether counts and problems leave the NVR out; undefined: they leave out none. */
  isLeftOut: ((nvr: Nvr) => boolean) | undefined;
  maintained: number;
  maintenanceSwitch: JSX.Element | undefined;
}

let leaveOut = readSetting(KEY) === 'leave out';

/** Whether the user wants counts and problems without the NVRs under maintenance. */
export const leavesOut = (): boolean => leaveOut;

/** The NVRs under maintenance, and the switch that leaves them out. In the past none: windows have no history. */
export function useMaintained(live: LiveFleet, inPast: boolean): Maintained {
  useSignal(live.maintenance.changed, 0);
  const [isOn, setOn] = useState(leaveOut);
  const { maintained } = live.maintenance;
  if (inPast || maintained.isEmpty) return { isMaintained: none, isLeftOut: undefined, maintained: 0, maintenanceSwitch: undefined };
  let count = 0;
  for (const nvr of live.fleet.nvrs.values()) if (maintained.has(nvr)) count += 1;
  const onChange = (on: boolean) => {
    leaveOut = on;
    saveSetting(KEY, on ? 'leave out' : 'count');
    setOn(on);
    live.changed.fire(); // the title counts as well
  };
  return {
    isMaintained: maintained.has,
    isLeftOut: isOn ? maintained.has : undefined,
    maintained: count,
    maintenanceSwitch: (
      <label class="order" title="Counts and problems are those of the other NVRs; charts and map show all">
        <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
        {' '}leave out {plural(count, 'NVR')} under maintenance
      </label>
    ),
  };
}
