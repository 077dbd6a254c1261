import type { LiveFleet } from '../liveFleet';
import type { Nvr } from '../model/fleet';
import type { NvrRoute } from '../model/route';
import { EditDialog } from './editDialog';
import { PlanDialog } from './planDialog';
import { RemoveDialog } from './removeDialog';
import { navigate } from './router';

export interface OpenDialog {
  what: 'edit' | 'remove' | 'plan';
  nvr: Nvr;
  cameras: readonly string[];
  camera?: string; // only this one
}

interface Props {
  live: LiveFleet;
  route: NvrRoute;
  open: OpenDialog | undefined;
  onClose(): void;
  /** `hostname`: of the NVR from now on. */
  onDone(text: string, hostname: string): void;
}

/** The dialogs of the view of one NVR. Beside the view, which ends with the NVR: the dialog reports that it is removed. */
export function NvrDialogs({ live, route, open, onClose, onDone }: Props) {
  if (!open) return null;
  const { nvr, cameras, camera } = open;
  if (open.what === 'plan') return <PlanDialog live={live} filter={{ hostnames: [nvr.hostname] }} onClose={onClose} onDone={(text) => onDone(text, route.hostname)} />;
  if (open.what === 'edit') {
    const finish = (text: string, hostname: string) => {
      onDone(text, hostname);
      if (hostname !== route.hostname) navigate({ ...route, hostname }, true);
    };
    return <EditDialog live={live} nvrs={[nvr]} onClose={onClose} onDone={finish} />;
  }
  const finish = (text: string) => {
    onDone(text, route.hostname);
    if (camera && camera === route.camera) navigate({ ...route, camera: '' }, true);
  };
  return <RemoveDialog live={live} nvrs={[nvr]} cameras={cameras} {...(camera !== undefined && { camera })} onClose={onClose} onDone={finish} />;
}
