/**
 * The access token, where the server requires one. It is given once, as ?token= in the address of the page or by
 * typing, and stored in this browser. It is removed from the address at once, so a copied link does not contain it.
 */
const KEY = 'nvrhub-token';
let token = '';

export function startToken(): void {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given === null) {
    try {
      token = localStorage.getItem(KEY) ?? '';
    } catch { /* the browser forbids storage */ }
    return;
  }
  setToken(given);
  url.searchParams.delete('token');
  history.replaceState(null, '', url);
}

export function setToken(text: string): void {
  token = text.trim();
  try {
    if (token === '') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, token);
  } catch { /* without storage the token is kept while the page is open */ }
}

export const authorization = (): Record<string, string> => (token === '' ? {} : { authorization: `Bearer ${token}` });

/** Browsers can't send headers with a WebSocket. */
export function addToken(socket: URL): void {
  if (token !== '') socket.searchParams.set('token', token);
}
