import type { Exchange } from '../exchange.ts';
import type { Recognised } from '../kind.ts';
import { proxyPath } from './proxy-path.ts';

/**
 * By the URL's shape alone, which is like no other. A module's archive is an artefact, and so is a toolchain, the
 * module `golang.org/toolchain`; all else, and an answer that says where an archive is or that there is none, is index.
 */
export function recogniseGo({ key, responses }: Exchange): Recognised | undefined {
  if (key.method !== 'GET' && key.method !== 'HEAD') return undefined;
  const path = proxyPath(key.url);
  if (path === undefined) return undefined;
  const last = responses.at(-1);
  return path.asks === 'zip' && last?.status === 200 && last.body !== undefined
    ? { class: 'artefact', name: path.module, version: path.version }
    : { class: 'index' };
}
