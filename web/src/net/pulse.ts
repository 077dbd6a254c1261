import type { Summary } from '../wire';
import { getJson, HttpError } from './http';
import type { Feed } from './feed';

const EVERY_MS = 4000;
const PATIENCE_MS = 5000;

/**
 * Browsers cannot ping a WebSocket. So the server is asked for its summary every few seconds, for all feeds of the page:
 * does it answer, and at which seq is it?
 */
export class Pulse {
  readonly feeds = new Set<Feed>();
  #onSummary: (summary: Summary) => void;

  constructor(onSummary: (summary: Summary) => void) {
    this.#onSummary = onSummary;
    setTimeout(() => this.#beat(), EVERY_MS);
    addEventListener('online', () => this.#each((feed) => feed.retryNow()));
    addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      this.#each((feed) => feed.retryNow());
      void this.#ask(); // a hidden tab's timers are slow, and the machine may have slept
    });
  }

  async #beat(): Promise<void> {
    const lost = [...this.feeds].every((feed) => feed.link.phase === 'lost'); // they try by themselves
    if (!lost) await this.#ask();
    setTimeout(() => this.#beat(), EVERY_MS);
  }

  async #ask(): Promise<void> {
    try {
      const summary = await getJson<Summary>('api/v1/summary', AbortSignal.timeout(PATIENCE_MS));
      this.#each((feed) => feed.heard(summary));
      this.#onSummary(summary);
    } catch (error) {
      if (!(error instanceof HttpError)) this.#each((feed) => feed.deaf()); // an error is an answer, too
    }
  }

  #each(act: (feed: Feed) => void): void {
    for (const feed of this.feeds) act(feed);
  }
}
