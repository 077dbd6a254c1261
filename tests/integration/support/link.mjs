import { connect, createServer } from 'node:net';

/**
 * A port that leads to another one on this machine. When it is cut, its connections are reset and new ones refused; when
 * it is frozen, they stay open and nothing comes through. `alter` may change the bytes that come back; these arrive
 * `delay` ms later.
 */
export class Link {
  alter = (chunk) => chunk;
  delay = 0;
  #server;
  #sockets = new Set();
  #isCut = false;
  #isFrozen = false;

  static async open(to) {
    const link = new Link();
    link.#server = createServer((socket) => link.#forward(socket, to));
    await new Promise((resolve) => { link.#server.listen(0, '127.0.0.1', resolve); });
    link.port = link.#server.address().port;
    return link;
  }

  #forward(socket, to) {
    if (this.#isCut) return socket.destroy();
    const other = connect(to, '127.0.0.1');
    for (const [one, peer] of [[socket, other], [other, socket]]) {
      this.#sockets.add(one);
      one.on('error', () => {}).on('close', () => { this.#sockets.delete(one); peer.destroy(); });
      one.on('data', (chunk) => (one === other ? this.#back(peer, chunk) : peer.write(chunk))).on('end', () => peer.end());
      if (this.#isFrozen) one.pause();
    }
    return undefined;
  }

  #back(socket, chunk) {
    if (this.delay === 0) socket.write(this.alter(chunk));
    else setTimeout(() => socket.write(this.alter(chunk)), this.delay);
  }

  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  freeze() {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  restore() {
    this.#isCut = false;
    this.#isFrozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  close() {
    this.cut();
    this.#server.close();
  }
}

/** Links to several ports, which are cut and restored together. */
export class Links {
  static async open(ports) { return new Links(await Promise.all(ports.map((port) => Link.open(port)))); }

  constructor(links) { this.links = links; }

  get ports() { return this.links.map(({ port }) => port); }
  set alter(alter) { for (const link of this.links) link.alter = alter; }
  set delay(delay) { for (const link of this.links) link.delay = delay; }
  cut() { for (const link of this.links) link.cut(); }
  freeze() { for (const link of this.links) link.freeze(); }
  restore() { for (const link of this.links) link.restore(); }
  close() { for (const link of this.links) link.close(); }
}
