import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { until, within } from './until.mjs';

export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** One WebSocket frame of a client; `mask: false` violates the protocol. */
export function frame(opcode, payload = '', { fin = true, mask = true } = {}) {
  const body = Buffer.from(payload);
  const length = body.length < 126 ? Buffer.from([body.length])
    : body.length < 65_536 ? Buffer.from([126, body.length >> 8, body.length & 255])
      : Buffer.concat([Buffer.from([127]), (() => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(body.length)); return b; })()]);
  if (mask) length[0] |= 0x80;
  const head = Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode]), length]);
  if (!mask) return Buffer.concat([head, body]);
  const key = randomBytes(4);
  return Buffer.concat([head, key, body.map((byte, i) => byte ^ key[i & 3])]);
}

/** A TCP connection that sends only what a test writes: it answers neither ping nor close. */
export class RawSocket {
  #rest = Buffer.alloc(0);
  #upgraded = false;

  static async open(port, path) {
    const raw = new RawSocket(net.connect({ host: '127.0.0.1', port, noDelay: true }));
    await within('a TCP connection', new Promise((resolve, reject) => {
      raw.socket.once('connect', resolve);
      raw.socket.once('error', reject);
    }));
    if (path !== undefined) await raw.upgrade(path);
    return raw;
  }

  constructor(socket) {
    this.socket = socket;
    this.frames = [];
    this.head = '';
    this.ended = false;
    socket.on('error', () => {});
    socket.on('end', () => { this.ended = true; });
    socket.on('close', () => { this.ended = true; });
    socket.on('data', (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      if (this.#upgraded) this.#parse();
      else this.head += chunk.toString('latin1');
    });
  }

  async upgrade(path) {
    this.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
      + `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`);
    await until('the upgrade', () => this.head.includes('\r\n\r\n'));
    if (!this.head.startsWith('HTTP/1.1 101 ')) throw new Error(`not upgraded: ${this.head}`);
    this.#upgraded = true;
    this.#rest = this.#rest.subarray(this.#rest.indexOf('\r\n\r\n') + 4);
    this.#parse();
  }

  #parse() {
    for (;;) {
      const data = this.#rest;
      if (data.length < 2) return;
      let length = data[1] & 0x7f;
      let at = 2;
      if (length === 126) {
        if (data.length < 4) return;
        length = data.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (data.length < 10) return;
        length = Number(data.readBigUInt64BE(2));
        at = 10;
      }
      if (data.length < at + length) return;
      this.frames.push({ opcode: data[0] & 0x0f, payload: data.subarray(at, at + length) });
      this.#rest = data.subarray(at + length);
    }
  }

  write(bytes) { this.socket.write(bytes); }
  send(message) { this.write(frame(OP.text, typeof message === 'string' ? message : JSON.stringify(message))); }

  /** Waits for a matching text message and returns it. */
  message(what, fits) {
    return until(what, () => this.frames.filter((f) => f.opcode === OP.text)
      .map((f) => JSON.parse(f.payload.toString('utf8'))).find(fits));
  }

  /** Waits for the server's close frame and returns its code. */
  async closeCode() {
    const close = await until('a close frame', () => this.frames.find((f) => f.opcode === OP.close));
    return close.payload.length < 2 ? 1005 : close.payload.readUInt16BE(0);
  }

  untilEnded() { return until('the connection to end', () => this.ended); }
  drop() { this.socket.destroy(); }
}
