import { useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { mayEdit } from '../model/mayEdit';
import type { Nvr } from '../model/fleet';
import { plural } from '../model/format';
import { sitesOf } from '../model/identity';
import { scopeText } from '../model/maintenance';
import { hashOf, nvrHash, type ManageRoute } from '../model/route';
import { describe } from '../model/severity';
import type { Scope } from '../protocol';
import { EditDialog } from './editDialog';
import { useSignal } from './hooks';
import { PlanDialog } from './planDialog';
import { RemoveDialog } from './removeDialog';
import { navigate } from './router';
import { SeverityIcon } from './severityIcon';

const PAGE = 200;
const byName = new Intl.Collator(undefined, { numeric: true });

/** All NVRs as a table, to change or remove many of them at once. */
export function ManageView({ live, route }: { live: LiveFleet; route: ManageRoute }) {
  useSignal(live.changed, 400);
  useSignal(live.access.changed, 0);
  useSignal(live.maintenance.changed, 0);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [open, setOpen] = useState<'edit' | 'remove' | 'plan' | ''>('');
  const [done, setDone] = useState('');
  const [pages, setPages] = useState(1);
  const all = [...live.fleet.nvrs.values()];
  const needle = route.search.trim().toLowerCase();
  const found = all
    .filter((nvr) => (route.site === undefined || nvr.site === route.site) && nvr.text.includes(needle))
    .sort((a, b) => byName.compare(a.site, b.site) || byName.compare(a.hostname, b.hostname) || a.id - b.id);
  const selected = found.filter((nvr) => chosen.has(nvr.id)); // what is not shown is not changed
  const finish = (text: string) => {
    setOpen('');
    setChosen(new Set());
    setDone(text);
  };
  const toggle = (nvr: Nvr) => {
    const next = new Set(chosen);
    if (!next.delete(nvr.id)) next.add(nvr.id);
    setChosen(next);
  };
  // What maintenance is planned for: the selection, else the chosen site.
  const scope: Scope | undefined = selected.length > 0 ? { hostnames: selected.map((nvr) => nvr.hostname) } : route.site === undefined ? undefined : { sites: [route.site] };
  const { maintained } = live.maintenance;
  const go = (change: Partial<ManageRoute>) => navigate({ ...route, ...change }, true);
  if (live.access.info && !mayEdit(live)) {
    return <main class="manage"><Back /><section class="panel"><h1>Manage NVRs</h1><p>This needs a token that may change NVRs.</p></section></main>;
  }
  return (
    <main class="manage">
      <Back />
      <section class="panel" aria-labelledby="manage-title">
        <header>
          <h1 id="manage-title">Manage NVRs</h1>
          <label>Site{' '}
            <select value={route.site === undefined ? 'all' : `=${route.site}`} onChange={({ currentTarget: { value } }) => { setPages(1); go({ site: value === 'all' ? undefined : value.slice(1) }); }}>
              <option value="all">all ({all.length})</option>
              {[...sitesOf(all), ''].map((site) => <option key={site} value={`=${site}`}>{site || 'none'} ({all.filter((nvr) => nvr.site === site).length})</option>)}
            </select>
          </label>
          <label>Name contains{' '}<input type="search" class="search" value={route.search} spellcheck={false} autocomplete="off" onInput={(event) => go({ search: event.currentTarget.value })} /></label>
          <span class="buttons">
            {live.access.may('operate') && scope && <button type="button" onClick={() => { setDone(''); setOpen('plan'); }}>Plan maintenance of {selected.length > 0 ? plural(selected.length, 'NVR') : scopeText(scope)} …</button>}
            <button type="button" disabled={selected.length === 0} onClick={() => setOpen('edit')}>Edit {selected.length > 0 && plural(selected.length, 'NVR')} …</button>
            <button type="button" class="danger" disabled={selected.length === 0} onClick={() => setOpen('remove')}>Remove {selected.length > 0 && plural(selected.length, 'NVR')} …</button>
          </span>
        </header>
        <p role="status">{done || (selected.length > 0 ? `${plural(selected.length, 'NVR')} selected` : '')}</p>
        {found.length === 0 ? <p class="dim">{live.fleet.known ? 'No NVR matches.' : 'Loading the fleet …'}</p> : (
          <table>
            <thead>
              <tr>
                <th scope="col">
                  <input
                    type="checkbox" aria-label={`Select all ${plural(found.length, 'NVR')}`} checked={selected.length === found.length}
                    ref={(box) => { if (box) box.indeterminate = selected.length > 0 && selected.length < found.length; }}
                    onChange={(event) => { setDone(''); setChosen(new Set(event.currentTarget.checked ? found.map((nvr) => nvr.id) : [])); }}
                  />
                </th>
                <th scope="col">Hostname</th><th scope="col">Device name</th><th scope="col">Site</th><th scope="col" class="wide">Status</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, PAGE * pages).map((nvr) => (
                <tr key={nvr.id} class={chosen.has(nvr.id) ? 'chosen' : ''}>
                  <td><input type="checkbox" aria-label={`Select ${nvr.hostname}`} checked={chosen.has(nvr.id)} onChange={() => { setDone(''); toggle(nvr); }} /></td>
                  <th scope="row"><a href={nvrHash(nvr.hostname)}>{nvr.hostname}</a></th>
                  <td>{nvr.deviceName}</td>
                  <td>{nvr.site || <span class="dim">none</span>}</td>
                  <td class="wide"><SeverityIcon severity={nvr.severity} unconfirmed={nvr.unconfirmed} maintained={maintained.has(nvr)} /> {describe(nvr.online, nvr.unconfirmed, nvr.cameras, maintained.has(nvr))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {found.length > PAGE * pages && <button type="button" onClick={() => setPages(pages + 1)}>{plural(found.length - PAGE * pages, 'more', 'more')}</button>}
      </section>
      {open === 'edit' && <EditDialog live={live} nvrs={selected} onClose={() => setOpen('')} onDone={finish} />}
      {open === 'plan' && <PlanDialog live={live} filter={scope} onClose={() => setOpen('')} onDone={finish} />}
      {open === 'remove' && <RemoveDialog live={live} nvrs={selected} onClose={() => setOpen('')} onDone={finish} />}
    </main>
  );
}

export const Back = () => <a class="back" href={hashOf({ view: 'fleet', search: '', at: '' })}>← All NVRs</a>;
