import { useEffect, useRef, useState } from 'preact/hooks';
import credits from '../credits.json';
import type { Access } from '../net/access';
import { AccessList } from './accessNote';
import { enableKeys, keysEnabled } from './keys';
import { Legend } from './severityIcon';

const KEYS: readonly [string, string][] = [
  ['/', 'search'],
  ['m', 'go to the map; arrow keys select an NVR, Page Up and Page Down another site, Enter opens it'],
  ['p', 'go to the problems or the search results'],
  ['o', 'go to the overview'],
  ['s', 'go to the time slider; arrow keys move it'],
  ['l', 'return to live'],
  ['t', 'change colours: system setting, light, dark'],
  ['?', 'show this help'],
  ['Esc', 'close the help, clear the search, return to live or to the overview'],
];

export function Help({ open, access, onClose }: { open: boolean; access: Access; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(keysEnabled());
  useEffect(() => {
    if (open) dialog.current!.showModal();
    else dialog.current!.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys and symbols</h2>
      <table>
        <tbody>{KEYS.map(([key, what]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td>{what}</td></tr>)}</tbody>
      </table>
      <label>
        <input type="checkbox" checked={on} onChange={(event) => { enableKeys(event.currentTarget.checked); setOn(event.currentTarget.checked); }} />
        {' '}enable single-key shortcuts
      </label>
      <h3>Tile symbols</h3>
      <Legend maintained />
      <p class="dim">A tile shows the worst state of an NVR and its cameras. Add <code>?kiosk</code> to the address for a wall display.</p>
      <AccessList access={access} />
      <h3>Licences</h3>
      <p>nvrhub: Apache License 2.0, copyright 2026 The nvrhub authors.</p>
      <details>
        <summary>Included components</summary>
        <table>
          <thead><tr><th scope="col">Component</th><th scope="col">Licence</th><th scope="col">Copyright</th></tr></thead>
          <tbody>
            {credits.map(({ name, licence, copyright }) => (
              <tr key={name}><th scope="row">{name}</th><td>{licence}</td><td>{copyright.map((holder) => <div key={holder}>{holder}</div>)}</td></tr>
            ))}
          </tbody>
        </table>
        <p class="dim">Full texts: <code>/usr/share/doc/nvrhub/copyright</code> of the Debian package.</p>
      </details>
      <form method="dialog"><button class="primary" autofocus>Close</button></form>
    </dialog>
  );
}
