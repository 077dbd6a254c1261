/** Change notification: views that listen render again after `fire`. */
export class Signal {
  version = 0;
  #listeners = new Set<() => void>();

  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  fire(): void {
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }
}
