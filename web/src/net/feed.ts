import type { Sink } from '../model/fleet';
import type { FeedMessage, Filter, Summary } from '../wire';
import { addToken } from './token';

/** How what is shown relates to what is. */
export type Link =
  | { phase: 'connecting' }
  | { phase: 'loading'; nvrs: number }
  | { phase: 'catching up'; behind: number }
  | { phase: 'live' }
  | { phase: 'lost'; since: number; why: string; locked: boolean }; // locked: until there is another token

export interface FeedOptions {
  detail: 'counts' | 'camera';
  filter?: Filter;
  sink: Sink;
  /** Messages were applied, or the link changed. */
  onChange(): void;
}

const UNAUTHORIZED = 4401;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 15_000;
const STALL_MS = 8000; // a socket that has owed something for so long is dead
const QUEUE_BOUND = 2000; // messages: a tab whose frames stand still applies them all the same
const NOTICEABLE = 500; // events behind the head that are worth a word

/**
 * One `subscribe`, through drops: what is shown stays, and the next socket goes on after it. A socket may look open long
 * after the other end has gone, so the feed is also told what HTTP says (`heard`, `deaf`).
 */
export class Feed {
  link: Link = { phase: 'connecting' };
  seq = 0;
  eventsSeen = 0;
  #options: FeedOptions;
  #epoch = '';
  #whole = false; // the sink holds the state at `seq`
  #arrived = 0;
  #head = 0;
  #socket: WebSocket | undefined;
  #queue: FeedMessage[] = [];
  #frame = 0;
  #timer = 0;
  #retry = 0;
  #attempts = 0;
  #lastLife = Date.now();
  #lastMessage = Date.now();
  #owedSince = 0;
  #closed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** The server's summary: proof of life, and of how far the feed should be. */
  heard(summary: Summary): void {
    const now = Date.now();
    const phase = this.link.phase;
    if (phase === 'lost') return;
    this.#lastLife = now;
    if (phase === 'live' && summary.seq <= this.seq) {
      this.#owedSince = 0;
      return;
    }
    this.#owedSince ||= now;
    if (now - Math.max(this.#owedSince, this.#lastMessage) > STALL_MS) this.#lose('nothing comes through the open connection');
    else if (phase === 'live' && summary.seq > this.seq + NOTICEABLE) this.#head = summary.seq;
  }

  /** The server does not answer HTTP: a socket that is silent, too, proves nothing. */
  deaf(): void {
    if (this.link.phase !== 'lost' && Date.now() - this.#lastMessage > STALL_MS) this.#lose('the server does not answer');
  }

  /** Forgets what is shown and asks for all of it again. */
  reload(): void {
    this.#whole = false;
    this.#lose('what was shown did not add up');
  }

  retryNow(): void {
    if (this.link.phase === 'lost') this.#connect();
  }

  #connect(): void {
    this.#drop();
    const url = new URL('ws/dashboard', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = url.search = '';
    addToken(url);
    const socket = new WebSocket(url);
    this.#socket = socket;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#lose('the server does not answer'), STALL_MS);
    socket.onopen = () => {
      const { detail, filter } = this.#options;
      const since = this.#whole ? { epoch: this.#epoch, seq: this.seq } : undefined;
      socket.send(JSON.stringify({ type: 'subscribe', detail, since, filter }));
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      this.#lastMessage = this.#lastLife = Date.now();
      this.#queue.push(JSON.parse(data) as FeedMessage);
      if (this.#queue.length > QUEUE_BOUND) this.#flush();
      else this.#schedule();
    };
    socket.onclose = ({ code, reason }) =>
      this.#lose(reason || (code === 1001 ? 'the server stopped' : 'the connection ended'), code === UNAUTHORIZED);
  }

  #drop(): void {
    const socket = this.#socket;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    this.#socket = undefined;
    // A browser logs a warning about a socket closed before it opened, so one that nobody waits for may open first.
    socket.onopen = () => socket.close();
    if (socket.readyState !== WebSocket.CONNECTING || !this.#closed) socket.close();
    else setTimeout(() => socket.close(), STALL_MS);
  }

  #lose(why: string, locked = false): void {
    if (this.#closed) return;
    this.#flush(); // what has come is true
    this.#drop();
    this.#owedSince = 0;
    if (this.link.phase !== 'lost') this.link = { phase: 'lost', since: this.#lastLife, why, locked };
    else if (locked !== this.link.locked) this.link = { ...this.link, why, locked };
    const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts++);
    clearTimeout(this.#retry);
    if (!locked) this.#retry = setTimeout(() => this.#connect(), most * (0.5 + Math.random() / 2));
    this.#options.onChange();
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#flush());
    this.#timer = setTimeout(() => this.#flush(), 500); // a hidden tab has no frames
  }

  #flush(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = 0;
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    for (const message of queue) {
      this.#apply(message);
      if (!this.#socket) return; // given up over that message
    }
    this.#options.onChange();
  }

  #apply(message: FeedMessage): void {
    const { sink } = this.#options;
    switch (message.type) {
      case 'subscribed':
        clearTimeout(this.#retry);
        this.#epoch = message.epoch;
        this.#head = message.seq;
        if (message.recovered) return this.#moved();
        this.#whole = false;
        this.#arrived = 0;
        this.link = { phase: 'loading', nvrs: 0 };
        return sink.begin();
      case 'snapshot':
        sink.page(message.nvrs);
        this.#arrived += message.nvrs.length;
        this.link = { phase: 'loading', nvrs: this.#arrived };
        if (!message.last) return;
        sink.end();
        this.#whole = true;
        this.seq = message.seq;
        return this.#moved();
      case 'events':
        if (message.from > this.seq + 1) return this.reload();
        for (const event of message.events) sink.event(event);
        this.eventsSeen += Math.max(0, message.to - this.seq);
        this.seq = Math.max(this.seq, message.to);
        return this.#moved();
      case 'confirmed':
        return sink.confirmed(message.nvr_ids);
      case 'error':
        return message.code === 'unauthorized' ? undefined : this.#lose(message.message); // the close says it, too
    }
  }

  #moved(): void {
    const behind = this.#head - this.seq;
    if (behind <= 0) this.#attempts = 0;
    this.link = behind > 0 ? { phase: 'catching up', behind } : { phase: 'live' };
  }
}
