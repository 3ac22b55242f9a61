/**
 * Pages by the fragment of the address: '#/pay?from=0'. A fragment never leaves the browser, so the banks do not see who
 * looks at what; and one that holds a viewing code is taken out of the address as soon as it is read.
 */
import { signal } from '@preact/signals';

interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

export const place = signal<Place>({ path: '/', query: new URLSearchParams() });
/** A viewing code that came with the address; it stays in memory only. */
export const viewingCode = signal<string | undefined>(undefined);

export function startRouter(): void {
  window.addEventListener('hashchange', read);
  read();
}

export function go(path: string): void {
  window.location.hash = path;
}

function read(): void {
  const fragment = window.location.hash.slice(1);
  if (/^(?:covault-view:)?covview1/i.test(fragment)) {
    viewingCode.value = fragment;
    window.history.replaceState(undefined, '', '#/view');
    place.value = { path: '/view', query: new URLSearchParams() };
    return;
  }
  const [path = '/', query = ''] = fragment.split('?');
  place.value = { path: path || '/', query: new URLSearchParams(query) };
  window.scrollTo(0, 0);
}
