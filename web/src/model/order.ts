import type { Nvr } from './fleet';
import { Level } from './level';

export interface Site {
  name: string; // '': none
  nvrs: Nvr[];
}

const byName = new Intl.Collator(undefined, { numeric: true });

/**
 * The fleet in the order in which it is shown. Comparing names is dear, so it is done when one has changed (`name`);
 * putting problems first is cheap and may be done as often as one likes (`arrange`).
 */
export class Order {
  #sites: Site[] = [];

  name(nvrs: Iterable<Nvr>): void {
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
    const worst = (site: Site) => site.nvrs[0]?.level ?? Level.ok;
    return sites.sort((a, b) => worst(b) - worst(a));
  }
}

/** A stable sort by level in one pass. */
export function worstFirst(nvrs: readonly Nvr[]): Nvr[] {
  const buckets: Nvr[][] = [[], [], [], [], []];
  for (const nvr of nvrs) buckets[nvr.level]?.push(nvr);
  return buckets.reverse().flat();
}
