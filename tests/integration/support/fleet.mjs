import assert from 'node:assert/strict';

/** The whole fleet over HTTP, page by page; asserts that all pages are of one seq. */
export async function readFleet(server) {
  const nvrs = [];
  let seq;
  let epoch;
  for (let next = ''; next !== null;) {
    const page = await server.get(`/api/v1/nvrs?limit=17${next && `&cursor=${encodeURIComponent(next)}`}`);
    seq ??= page.seq;
    epoch ??= page.epoch;
    assert.deepEqual([page.seq, page.epoch], [seq, epoch], 'all pages are of one seq');
    nvrs.push(...page.nvrs);
    next = page.next;
  }
  return { seq, epoch, nvrs };
}
