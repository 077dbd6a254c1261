/**
 * The access token, where the server wants one. It comes once, as ?token= in the page's address or typed in, and stays
 * with this browser; the address is cleaned at once, so that nobody copies it with a link.
 */
const KEY = 'nvrhub-token';
let token = '';

export function startToken(): void {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given === null) {
    try {
      token = localStorage.getItem(KEY) ?? '';
    } catch { /* a browser that keeps nothing */ }
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
  } catch { /* then for as long as the page is open */ }
}

export const authorization = (): Record<string, string> => (token === '' ? {} : { authorization: `Bearer ${token}` });

/** Browsers can't send headers with a WebSocket. */
export function addToken(socket: URL): void {
  if (token !== '') socket.searchParams.set('token', token);
}
