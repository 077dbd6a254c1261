import { useEffect, useRef, useState } from 'preact/hooks';
import { enableKeys, keysEnabled } from './keys';
import { Legend } from './mark';

const KEYS: readonly [string, string][] = [
  ['/', 'search'],
  ['m', 'to the map; arrow keys move in it, Page Up and Page Down go from site to site, Enter opens'],
  ['p', 'to the problems, or to what the search found'],
  ['o', 'to the overview'],
  ['s', 'to the time slider; arrow keys move it'],
  ['l', 'back to live'],
  ['t', 'colours: as the system has them, light, dark'],
  ['?', 'this help'],
  ['Esc', 'close, clear the search, back to live, back to the overview'],
];

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(keysEnabled());
  useEffect(() => {
    if (open) dialog.current!.showModal();
    else dialog.current!.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys and signs</h2>
      <table>
        <tbody>{KEYS.map(([key, what]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td>{what}</td></tr>)}</tbody>
      </table>
      <label>
        <input type="checkbox" checked={on} onChange={(event) => { enableKeys(event.currentTarget.checked); setOn(event.currentTarget.checked); }} />
        {' '}single keys do these things
      </label>
      <h3>What a tile says</h3>
      <Legend />
      <p class="dim">A tile shows the worst that is true of an NVR and its cameras. Add <code>?kiosk</code> to the address for a wall display.</p>
      <form method="dialog"><button class="primary" autofocus>Close</button></form>
    </dialog>
  );
}
