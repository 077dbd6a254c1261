import type { Summary } from '../protocol';
import { getJson, HttpError } from './http';
import type { Feed } from './feed';

const EVERY_MS = 4000;
const TIMEOUT_MS = 5000;

/**
 * Detects dead connections for all feeds of the page. Browsers cannot ping a WebSocket, so this requests the summary
 * every EVERY_MS: whether the server answers, and its current seq.
 */
export class HealthPoller {
  readonly feeds = new Set<Feed>();
  #onSummary: (summary: Summary) => void;

  constructor(onSummary: (summary: Summary) => void) {
    this.#onSummary = onSummary;
    setTimeout(() => this.#poll(), EVERY_MS);
    addEventListener('online', () => this.#each((feed) => feed.retryNow()));
    addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      this.#each((feed) => feed.retryNow());
      void this.#requestSummary(); // timers of a hidden tab are slow, and the machine may have slept
    });
  }

  async #poll(): Promise<void> {
    const lost = [...this.feeds].every((feed) => feed.link.phase === 'lost'); // lost feeds reconnect by themselves
    if (!lost) await this.#requestSummary();
    setTimeout(() => this.#poll(), EVERY_MS);
  }

  async #requestSummary(): Promise<void> {
    try {
      const summary = await getJson<Summary>('api/v1/summary', AbortSignal.timeout(TIMEOUT_MS));
      this.#each((feed) => feed.summaryReceived(summary));
      this.#onSummary(summary);
    } catch (error) {
      if (!(error instanceof HttpError)) this.#each((feed) => feed.summaryFailed()); // an HTTP error is an answer
    }
  }

  #each(act: (feed: Feed) => void): void {
    for (const feed of this.feeds) act(feed);
  }
}
