import { useEffect, useState } from 'preact/hooks';
import type { Signal } from '../signal';

/** Renders again after the signal has fired, at most every `ms`. */
export function useSignal(signal: Signal, ms: number): number {
  const [version, setVersion] = useState(signal.version);
  useEffect(() => {
    let timer = 0;
    let last = 0;
    const show = () => {
      timer = 0;
      last = performance.now();
      setVersion(signal.version);
    };
    const off = signal.on(() => {
      if (timer === 0) timer = setTimeout(show, Math.max(0, ms - (performance.now() - last)));
    });
    show();
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [signal, ms]);
  return version;
}

/** Renders again every `ms`, for views that show how long ago something was. */
export function useTick(ms: number): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), ms);
    return () => clearInterval(timer);
  }, [ms]);
}

export type Loaded<T> = { state: 'loading' } | { state: 'done'; value: T } | { state: 'failed'; why: string };

/** The result of `load`. A change of `key` loads again; the last result stays until the new one has arrived. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (value) => abort.signal.aborted || setLoaded({ state: 'done', value }),
      (error: unknown) => abort.signal.aborted || setLoaded({ state: 'failed', why: String((error as Error).message) }),
    );
    return () => abort.abort();
  }, [key]);
  return loaded;
}
