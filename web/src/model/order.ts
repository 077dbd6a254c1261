import type { Nvr } from './fleet';
import { Severity } from './severity';

export interface Site {
  name: string; // '': none
  nvrs: Nvr[];
}

const byName = new Intl.Collator(undefined, { numeric: true });

/**
 * The fleet in display order. Comparing names is expensive, so it is done only when a name has changed (`sortByName`);
 * putting problems first is cheap and may be done on every update (`arrange`).
 */
export class Order {
  #sites: Site[] = [];

  sortByName(nvrs: Iterable<Nvr>): void {
    const sites = new Map<string, Site>();
    for (const nvr of nvrs) {
      let site = sites.get(nvr.site);
      if (!site) sites.set(nvr.site, (site = { name: nvr.site, nvrs: [] }));
      site.nvrs.push(nvr);
    }
    const nameless = (site: Site) => (site.name === '' ? 1 : 0);
    this.#sites = [...sites.values()].sort((a, b) => nameless(a) - nameless(b) || byName.compare(a.name, b.name));
    for (const site of this.#sites) site.nvrs.sort((a, b) => byName.compare(a.hostname, b.hostname) || a.id - b.id);
  }

  arrange(problemsFirst: boolean): Site[] {
    if (!problemsFirst) return this.#sites;
    const sites = this.#sites.map((site) => ({ name: site.name, nvrs: worstFirst(site.nvrs) }));
    const worst = (site: Site) => site.nvrs[0]?.severity ?? Severity.ok;
    return sites.sort((a, b) => worst(b) - worst(a));
  }
}

/** A stable sort by severity in one pass. */
export function worstFirst(nvrs: readonly Nvr[]): Nvr[] {
  const buckets: Nvr[][] = [[], [], [], [], []];
  for (const nvr of nvrs) buckets[nvr.severity]?.push(nvr);
  return buckets.reverse().flat();
}
