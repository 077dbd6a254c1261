import http from 'node:http';
import { within } from './until.mjs';

/** `/a/b` from parts that may contain any character. */
export const path = (...parts) => '/' + parts.map(encodeURIComponent).join('/');
export const nvrPath = (hostname, ...rest) => path('api', 'v1', 'nvrs', hostname, ...rest);
export const cameraPath = (hostname, camera, ...rest) => nvrPath(hostname, 'cameras', camera, ...rest);

/**
 * One HTTP request with the path sent exactly as given. A string or buffer is sent as it is, any other body as JSON.
 * Returns `{status, headers, text, json}`; `json` is undefined if the text is not JSON.
 */
export async function call({ port, agent }, method, target, body, headers = {}) {
  const bytes = body === undefined ? undefined
    : typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const attempt = () => new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', port, agent, method, path: target,
      headers: bytes ? { 'content-type': 'application/json', 'content-length': bytes.length, ...headers } : headers,
    }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        let json;
        try { json = JSON.parse(text); } catch { /* a page or an empty response */ }
        resolve({ status: response.statusCode, headers: response.headers, text, json });
      });
    });
    request.on('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
    request.end(bytes);
  });
  // A reused connection may have been closed by the server before the request arrived: one retry.
  const answer = attempt().catch((error) => {
    if (error.reused && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return attempt();
    throw error;
  });
  return within(`${method} ${target}`, answer);
}
