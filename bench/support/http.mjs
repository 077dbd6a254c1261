import http from 'node:http';

const agent = new http.Agent({ keepAlive: true });

/** The body of a 200; anything else is an error. */
export const send = (port, method, path, body) => new Promise((resolve, reject) => {
  http.request({ host: '127.0.0.1', port, method, path, agent }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      response.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${text}`));
    });
  }).on('error', reject).end(body);
});

export const get = (port, path) => send(port, 'GET', path);

export const getJson = async (port, path) => JSON.parse(await get(port, path));
