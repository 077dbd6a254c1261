import type { Sink } from '../model/fleet';
import type { FeedMessage, Filter, Summary } from '../protocol';
import { addToken } from './token';

/** How current the shown state is. */
export type Link =
  | { phase: 'connecting' }
  | { phase: 'loading'; nvrs: number }
  | { phase: 'catching up'; behind: number }
  | { phase: 'live' }
  | { phase: 'lost'; since: number; why: string; locked: boolean }; // locked: until another token is entered

export interface FeedOptions {
  detail: 'counts' | 'camera';
  filter?: Filter;
  sink: Sink;
  /** Called when messages were applied or the link changed. */
  onChange(): void;
}

const UNAUTHORIZED = 4401;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 15_000;
const STALL_MS = 8000; // a socket that has not delivered an expected message for so long is dead
const QUEUE_LIMIT = 2000; // messages; when it is full they are applied without waiting for an animation frame
const NOTICEABLE = 500; // events behind the head from which "catching up" is shown

/**
 * One `subscribe`, continued over reconnects: the shown state stays, and the next socket resumes after it (`since`). A
 * socket may look open long after its other end has gone, so the HealthPoller reports the result of its HTTP requests
 * (`summaryReceived`, `summaryFailed`).
 */
export class Feed {
  link: Link = { phase: 'connecting' };
  seq = 0;
  eventsSeen = 0;
  #options: FeedOptions;
  #epoch = '';
  #complete = false; // the sink holds the state at `seq`
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
  #overdueSince = 0; // when the server's head was first seen ahead of `seq`; 0: it is not
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

  /** The server's summary: shows that the server runs and which seq the feed should have reached. */
  summaryReceived(summary: Summary): void {
    const now = Date.now();
    const phase = this.link.phase;
    if (phase === 'lost') return;
    this.#lastLife = now;
    if (phase === 'live' && summary.seq <= this.seq) {
      this.#overdueSince = 0;
      return;
    }
    this.#overdueSince ||= now;
    if (now - Math.max(this.#overdueSince, this.#lastMessage) > STALL_MS) this.#lose('the open connection delivers no data');
    else if (phase === 'live' && summary.seq > this.seq + NOTICEABLE) this.#head = summary.seq;
  }

  /** The server does not answer HTTP: the link is lost if the socket is silent as well. */
  summaryFailed(): void {
    if (this.link.phase !== 'lost' && Date.now() - this.#lastMessage > STALL_MS) this.#lose('the server does not answer');
  }

  /** Reconnects without `since`, for a full snapshot. */
  reload(): void {
    this.#complete = false;
    this.#lose('the displayed state did not match the server');
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
      const since = this.#complete ? { epoch: this.#epoch, seq: this.seq } : undefined;
      socket.send(JSON.stringify({ type: 'subscribe', detail, since, filter }));
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      this.#lastMessage = this.#lastLife = Date.now();
      this.#queue.push(JSON.parse(data) as FeedMessage);
      if (this.#queue.length > QUEUE_LIMIT) this.#flush();
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
    // A browser logs a warning when a socket is closed before it opened, so an abandoned socket may open first.
    socket.onopen = () => socket.close();
    if (socket.readyState !== WebSocket.CONNECTING || !this.#closed) socket.close();
    else setTimeout(() => socket.close(), STALL_MS);
  }

  #lose(why: string, locked = false): void {
    if (this.#closed) return;
    this.#flush(); // received messages are valid
    this.#drop();
    this.#overdueSince = 0;
    if (this.link.phase !== 'lost') this.link = { phase: 'lost', since: this.#lastLife, why, locked };
    else if (locked !== this.link.locked) this.link = { ...this.link, why, locked };
    const maxDelay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts++);
    clearTimeout(this.#retry);
    if (!locked) this.#retry = setTimeout(() => this.#connect(), maxDelay * (0.5 + Math.random() / 2));
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
      if (!this.#socket) return; // that message ended the connection
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
        this.#complete = false;
        this.#arrived = 0;
        this.link = { phase: 'loading', nvrs: 0 };
        return sink.begin();
      case 'snapshot':
        sink.page(message.nvrs);
        this.#arrived += message.nvrs.length;
        this.link = { phase: 'loading', nvrs: this.#arrived };
        if (!message.last) return;
        sink.end();
        this.#complete = true;
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
        return message.code === 'unauthorized' ? undefined : this.#lose(message.message); // the close code reports it as well
    }
  }

  #moved(): void {
    const behind = this.#head - this.seq;
    if (behind <= 0) this.#attempts = 0;
    this.link = behind > 0 ? { phase: 'catching up', behind } : { phase: 'live' };
  }
}
