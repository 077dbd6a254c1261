import { authorization } from './token';

/** GET of an API resource as JSON. ERRORS: HttpError with the server's message. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await get(path, 'application/json', signal);
  return (await answer.json()) as T;
}

export class HttpError extends Error {
  constructor(readonly status: number, message: string, readonly field = '') { // the field of the body that is wrong
    super(message);
  }
}

export async function get(path: string, accept: string, signal?: AbortSignal): Promise<Response> {
  return checked(await fetch(path, { headers: { accept, ...authorization() }, cache: 'no-store', ...(signal && { signal }) }));
}

/** A call that changes something, with a body in JSON or without one. ERRORS: HttpError with the server's message. */
export async function send(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { ...authorization(), ...(body !== undefined && { 'content-type': 'application/json' }) };
  return checked(await fetch(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }), ...(signal && { signal }) }));
}

async function checked(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  const text = await answer.text();
  let error: { message: string; field?: string } = { message: `HTTP ${answer.status}` };
  try {
    error = (JSON.parse(text) as { error: typeof error }).error;
  } catch { /* not JSON: the error page of a proxy, for example */ }
  throw new HttpError(answer.status, error.message, error.field);
}

export const nvrPath = (hostname: string, camera = ''): string =>
  `api/v1/nvrs/${encodeURIComponent(hostname)}${camera && `/cameras/${encodeURIComponent(camera)}`}`;

/** Reads a list page by page to its end. */
export async function eachPage<T extends { next: string | null }>(
  path: string, signal: AbortSignal, take: (page: T) => void,
): Promise<void> {
  for (let cursor = ''; ;) {
    const page = await getJson<T>(path + (cursor && `&cursor=${encodeURIComponent(cursor)}`), signal);
    take(page);
    if (!page.next) return;
    cursor = page.next;
  }
}
