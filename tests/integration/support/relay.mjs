import net from 'node:net';

/**
 * A proxy whose port stays while the server restarts on another one. While `held`, connections stay open and no data
 * passes, as when a firewall has dropped its connection state.
 */
export class Relay {
  held = false;
  #pairs = new Set();
  #listener;

  static async to(server) {
    const relay = new Relay();
    relay.server = server;
    relay.#listener = net.createServer((near) => relay.#join(near));
    await new Promise((resolve) => relay.#listener.listen(0, '127.0.0.1', resolve));
    relay.port = relay.#listener.address().port;
    return relay;
  }

  #join(near) {
    const { server } = this;
    const pair = { near, far: undefined };
    this.#pairs.add(pair);
    near.on('error', () => {});
    near.on('close', () => this.#part(pair));
    if (!server.running) return near.destroy();
    const far = net.connect(server.port, '127.0.0.1');
    pair.far = far;
    far.on('error', () => {});
    far.on('close', () => this.#part(pair));
    near.on('data', (bytes) => this.held || far.write(bytes));
    far.on('data', (bytes) => this.held || near.write(bytes));
  }

  #part(pair) {
    if (this.held || !this.#pairs.delete(pair)) return;
    pair.near.destroy();
    pair.far?.destroy();
  }

  /** Passes data again. Data sent while held is lost, so the held connections end. */
  release() {
    this.held = false;
    for (const pair of [...this.#pairs]) this.#part(pair);
  }

  drop() { this.close(); }

  close() {
    this.release();
    this.#listener.close();
  }
}
