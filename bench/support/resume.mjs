// A dashboard that reconnects and resumes.
import { createRequire } from 'node:module';

const { WebSocket } = createRequire(new URL('../../tests/integration/package.json', import.meta.url))('ws');

/** Connects, subscribes with `since`, and returns when all events up to `head` have arrived. */
export function resume(port, since, head) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/dashboard`);
    const fail = (error) => { socket.terminate(); reject(error); };
    socket.on('error', reject);
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', since })));
    socket.on('message', (text) => {
      const message = JSON.parse(text);
      if (message.type === 'subscribed' && !message.recovered) fail(new Error('the server did not recover the events'));
      if (message.type !== 'events' || message.to < head) return;
      socket.terminate();
      resolve();
    });
  });
}
