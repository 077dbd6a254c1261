import { useState } from 'preact/hooks';
import { get } from '../net/http';
import { saveFile } from './saveFile';

const MAX_PAGES = 32; // of some megabytes each

/** A report as a CSV file. The server sends CSV for `Accept: text/csv`, which a plain link cannot send. */
export function Download({ path, file, children }: { path: () => string; file: string; children: string }) {
  const [state, setState] = useState('');
  const save = async () => {
    setState(' …');
    try {
      saveFile(await fetchCsv(path()), file);
      setState('');
    } catch (error) {
      setState(`: ${(error as Error).message}`);
    }
  };
  return <button type="button" class="link" disabled={state === ' …'} onClick={() => void save()}>{children}{state}</button>;
}

/** All pages as one table: each names the next one in its Link header and begins with the same header row. */
async function fetchCsv(first: string): Promise<Blob> {
  const parts: string[] = [];
  for (let path: string | undefined = first; path; ) {
    if (parts.length === MAX_PAGES) throw new Error(`the report has more than ${MAX_PAGES} pages, the limit of one file`);
    const answer: Response = await get(path, 'text/csv');
    const text = await answer.text();
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf('\r\n') + 2));
    const next: string | undefined = /<(\?[^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    path = next && first.replace(/\?.*|$/, next);
  }
  return new Blob(parts, { type: 'text/csv' });
}
