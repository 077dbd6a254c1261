import { useEffect, useState } from 'preact/hooks';
import { hashOf, parseRoute, type Route } from '../model/route';

const listeners = new Set<() => void>();

/** Changes the view; `replace` makes no history entry, as for each letter of a search. */
export function navigate(route: Route, replace = false): void {
  const hash = hashOf(route);
  if (!replace) {
    location.hash = hash;
    return;
  }
  history.replaceState(null, '', hash);
  for (const listener of listeners) listener();
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    listeners.add(look);
    addEventListener('hashchange', look);
    return () => {
      listeners.delete(look);
      removeEventListener('hashchange', look);
    };
  }, []);
  return parseRoute(hash);
}
