import assert from 'node:assert/strict';
import { nvrhub } from './command.mjs';
import { until } from './until.mjs';

export const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** `nvrhub token add`; returns the token, which is valid within a second. */
export async function makeToken(server, ...flags) {
  const { code, out, text } = await nvrhub('token', 'add', '--data', server.dir, ...flags);
  assert.equal(code, 0, text);
  return out.trim();
}

/** Waits until a request without a token is refused, which the first token causes within a second. */
export function untilTokenRequired(server) {
  return until('a token to be required', async () => (await server.api('GET', '/api/v1/nvrs', undefined, {})).status === 401);
}

/** Makes an admin token, waits until tokens are required, and uses it for the calls of `server`. */
export async function requireTokens(server) {
  const admin = await makeToken(server, '--role', 'admin');
  await untilTokenRequired(server);
  server.headers = bearer(admin);
  return admin;
}

/** Waits until a GET of `target` with the token answers `status`. */
export function untilTokenWorks(server, token, target = '/api/v1/nvrs', status = 200) {
  return until('the token to work', async () => (await server.api('GET', target, undefined, bearer(token))).status === status);
}
