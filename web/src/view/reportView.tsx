import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { count, dateTime, duration, percent, plural } from '../model/format';
import { sitesOf } from '../model/identity';
import { bySite, csvOf, lastMonths, monthOf, shareOf, sumOf, worstFirst, type Month, type Row } from '../model/report';
import { nvrHash, type ReportRoute } from '../model/route';
import { ReportLoader } from '../net/reportLoader';
import { useSignal } from './hooks';
import { Back } from './manageView';
import { navigate } from './router';
import { saveFile } from './saveFile';

const PAGE = 100;
const MONTHS = 13;
const monthName = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'long' });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The availability of a site or the fleet in a month, to read, print or save. */
export function ReportView({ live, route }: { live: LiveFleet; route: ReportRoute }) {
  useSignal(live.changed, 1000);
  const { known } = live.fleet;
  const nvrs = [...live.fleet.nvrs.values()];
  const go = (change: Partial<ReportRoute>) => navigate({ ...route, ...change }, true);
  const month = monthOf(route.month, live.now());
  return (
    <main class="report">
      <Back />
      <section class="panel" aria-labelledby="report-title">
        <header class="controls">
          <label>Month{' '}
            <select value={month.key} onChange={(event) => go({ month: event.currentTarget.value })}>
              {[...new Set([...lastMonths(live.now(), MONTHS), month.key])].map((key) => <option key={key} value={key}>{nameOf(key)}</option>)}
            </select>
          </label>
          <label>Site{' '}
            <select value={route.site === undefined ? 'all' : `=${route.site}`} onChange={({ currentTarget: { value } }) => go({ site: value === 'all' ? undefined : value.slice(1) })}>
              <option value="all">all</option>
              {[...sitesOf(nvrs), ''].map((site) => <option key={site} value={`=${site}`}>{site || 'none'}</option>)}
            </select>
          </label>
        </header>
        {known ? <Report key={`${month.key} ${route.site ?? 'all'}`} live={live} site={route.site} monthKey={month.key} /> : <p role="status">Loading the fleet …</p>}
      </section>
    </main>
  );
}

const nameOf = (key: string): string => {
  const [year = 0, month = 1] = key.split('-').map(Number);
  return monthName.format(new Date(year, month - 1));
};

/** Made once from the NVRs as they are; a change of the fleet does not start it again. */
function Report({ live, site, monthKey }: { live: LiveFleet; site: string | undefined; monthKey: string }) {
  const { made, month, loader } = useMemo(() => {
    const made = live.now();
    const month = monthOf(monthKey, made);
    const nvrs = [...live.fleet.nvrs.values()].filter((nvr) => site === undefined || nvr.site === site);
    return { made, month, loader: new ReportLoader(month, nvrs) };
  }, []);
  useEffect(() => () => loader.stop(), []);
  useSignal(loader.changed, 300);
  const [pages, setPages] = useState(1);
  const { rows, failed, all, isComplete } = loader;
  const subject = site === undefined ? 'all sites' : site || 'NVRs without a site';
  const total = sumOf(rows);
  const sites = site === undefined && isComplete ? bySite(rows) : [];
  const shown = isComplete ? worstFirst(rows).slice(0, PAGE * pages) : [];
  const save = () => saveFile(new Blob([csvOf(month, rows, failed)], { type: 'text/csv' }), `availability-${month.key}.csv`);
  return (
    <>
      <h1 id="report-title">Availability of {subject}, {nameOf(month.key)}</h1>
      <p class="dim">{rangeText(month, made)}</p>
      {!isComplete && <p role="status"><progress value={rows.length + failed.length} max={all} aria-label="NVRs read" /> {count(rows.length + failed.length)} of {plural(all, 'NVR')} read …</p>}
      {isComplete && (
        <>
          <p class="controls buttons">
            <button type="button" onClick={() => print()}>Print</button>
            <button type="button" onClick={save}>Save as CSV</button>
          </p>
          {failed.length > 0 && (
            <div role="alert" class="failures">
              <p><b>Incomplete: {plural(failed.length, 'NVR')} of {count(all)} could not be read and {failed.length === 1 ? 'is' : 'are'} not contained.</b></p>
              <ul>{failed.slice(0, 20).map(({ nvr, why }) => <li key={nvr.id}>{nvr.hostname}: {why}</li>)}</ul>
            </div>
          )}
          {rows.length === 0 ? <p>No NVRs.</p> : (
            <>
              <dl class="totals">
                <div><dt>Availability</dt><dd>{shareText(total)}</dd></div>
                <div><dt>NVRs</dt><dd>{count(total.nvrs)}</dd></div>
                <div><dt>Outages</dt><dd>{count(total.outages)}</dd></div>
                <div><dt>Offline, all together</dt><dd>{duration(total.offline)}</dd></div>
              </dl>
              {sites.length > 1 && <Table caption="Sites" rows={sites} first="Site" />}
              <Table caption={rows.length > shown.length ? `The ${count(shown.length)} worst of ${plural(rows.length, 'NVR')}` : 'NVRs'} rows={shown} first="NVR" />
              {rows.length > shown.length && <button type="button" class="controls" onClick={() => setPages(pages + 1)}>{plural(rows.length - shown.length, 'more', 'more')}</button>}
            </>
          )}
          <p class="dim">
            Availability is the time online divided by the time observed. Not observed is the time in which no server ran, or
            before an NVR was registered or the history begins; it counts for neither. NVRs that were removed are not contained,
            and each counts for its present site.
          </p>
        </>
      )}
    </>
  );
}

function rangeText(month: Month, now: number): string {
  const end = month.to === now ? `${dateTime(month.to)} (the month has not ended)` : dateTime(month.to);
  return `${dateTime(month.from)} to ${end}, ${zone}. Made ${dateTime(now)} by nvrhub at ${location.host}.`;
}

const shareText = (row: Row): string => {
  const share = shareOf(row);
  return share === null ? 'not observed' : percent(share);
};

function Table({ caption, rows, first }: { caption: string; rows: readonly Row[]; first: 'Site' | 'NVR' }) {
  return (
    <table>
      <caption>{caption}, worst first</caption>
      <thead>
        <tr>
          <th scope="col">{first}</th>
          {first === 'NVR' ? <th scope="col" class="wide">Site</th> : <th scope="col" class="number">NVRs</th>}
          <th scope="col" class="number">Availability</th><th scope="col" class="number">Offline</th><th scope="col" class="number">Outages</th>
          <th scope="col" class="number wide">Longest</th><th scope="col" class="number wide">Not observed</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.nvr?.id ?? row.site}>
            <th scope="row">
              {row.nvr ? <a href={nvrHash(row.nvr.hostname)}>{row.nvr.deviceName}</a> : row.site || 'no site'}
              {row.nvr && row.nvr.deviceName !== row.nvr.hostname && <span class="dim"> {row.nvr.hostname}</span>}
            </th>
            {row.nvr ? <td class="wide">{row.site}</td> : <td class="number">{count(row.nvrs)}</td>}
            <td class="number"><b>{shareText(row)}</b></td>
            <td class="number">{row.offline > 0 ? duration(row.offline) : '–'}</td>
            <td class="number">{count(row.outages)}</td>
            <td class="number wide">{row.longest > 0 ? duration(row.longest) : '–'}</td>
            <td class="number wide">{row.unobserved >= 1 ? duration(row.unobserved) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
