import type { Identity } from '../net/changes';
import type { Nvr } from './fleet';

/** What a form says about the NVRs that it edits; undefined: as it is. */
export interface Edit {
  deviceName?: string | undefined; // with {hostname}, {site} and {n}
  site?: string | undefined; // '': none
}

/** The fields of `nvr` that the edit changes; `n`: its place among the edited ones, from 1. undefined: none. */
export function identityAfter(edit: Edit, nvr: Nvr, n: number): Identity | undefined {
  const identity: Identity = {};
  const site = edit.site?.trim() ?? nvr.site;
  if (site !== nvr.site) identity.site = site;
  if (edit.deviceName !== undefined) {
    const values: Record<string, string> = { '{hostname}': nvr.hostname, '{site}': site, '{n}': String(n) };
    const name = edit.deviceName.replace(/\{hostname\}|\{site\}|\{n\}/g, (key) => values[key]!).trim();
    if (name !== '' && name !== nvr.deviceName) identity.device_name = name;
  }
  return Object.keys(identity).length > 0 ? identity : undefined;
}

/** The names of the sites, in order; without the nameless one. */
export const sitesOf = (nvrs: Iterable<Nvr>): string[] =>
  [...new Set([...nvrs].map((nvr) => nvr.site))].filter((site) => site !== '').sort(new Intl.Collator(undefined, { numeric: true }).compare);
