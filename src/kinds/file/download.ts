import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import type { Request } from '../requests/request.ts';

/** A check of certificates that `at` switches off. */
export function unchecked(invocation: Invocation, at: Argument | undefined): Request[] {
  if (at === undefined) return [];
  return [{ ecosystem: 'file', tool: invocation.name, at, invocation, action: 'unchecked', check: 'tls' }];
}

/** @param saved the path that it is saved to; nothing where it goes to the standard output. */
export function download(invocation: Invocation, url: Argument, saved: string | undefined): Request[] {
  if (isNear(url.text)) return [];
  const base = { ecosystem: 'file', tool: invocation.name, at: url, invocation } as const;
  if (saved === '/dev/null') return [];
  return [{ ...base, action: 'download', url, ...(saved !== undefined && { saved }) }];
}

/** This machine itself, or no network at all. */
function isNear(url: string): boolean {
  return /^(https?:\/\/)?(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal)([:/]|$)|^(file|unix):/i.test(
    url,
  );
}

/** The name that a URL's file is saved under. */
export function baseName(url: string): string {
  return (
    url
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '')
      .replace(/^.*\//, '') || 'index.html'
  );
}
