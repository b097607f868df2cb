import { decodedPath } from '../url-path.ts';
import { isCanonical } from './version.ts';

/** What a URL asks a module proxy, or the checksum database behind it, for. */
export type ProxyPath =
  | { readonly asks: 'list' | 'latest'; readonly module: string }
  /** `version` is a canonical version, or in `.info` also anything that resolves to one: a branch, `v1`. */
  | {
      readonly asks: 'info' | 'mod' | 'zip';
      readonly module: string;
      readonly version: string;
    }
  | { readonly asks: 'checksums' };

/** Go modules reference, "GOPROXY protocol". Nothing for a URL of another shape, however broken it is. */
export function proxyPath(url: string): ProxyPath | undefined {
  const path = decodedPath(url);
  if (path === undefined) return undefined;
  if (isChecksumPath(path)) return { asks: 'checksums' };
  const [, before, file] = /^(.+)\/(@latest|@v\/[^/]+)$/.exec(path) ?? [];
  const module = before === undefined ? undefined : moduleOf(before);
  if (module === undefined || file === undefined) return undefined;
  if (file === '@latest') return { asks: 'latest', module };
  return file === '@v/list' ? { asks: 'list', module } : versionPath(module, file.slice('@v/'.length));
}

function versionPath(module: string, file: string): ProxyPath | undefined {
  const [, stem = '', asks] = /^(.+)\.(info|mod|zip)$/.exec(file) ?? [];
  const version = unescaped(stem);
  if (version === undefined || !/^[\w.+~-]+$/.test(version)) return undefined;
  if (asks === 'info') return { asks, module, version };
  return (asks === 'mod' || asks === 'zip') && isCanonical(version) ? { asks, module, version } : undefined;
}

/**
 * A proxy may lie below a path of its own. The first element of a module's path that can be downloaded has a dot, as
 * a host has ("Module paths"): there the module's path begins.
 */
function moduleOf(path: string): string | undefined {
  const elements = path.slice(1).split('/');
  const first = elements.findIndex(element => element.includes('.'));
  const module = elements.slice(Math.max(first, 0)).map(unescaped);
  return module.every(element => element !== undefined && isPathElement(element))
    ? module.join('/')
    : undefined;
}

function isPathElement(text: string): boolean {
  return /^[\w.~-]+$/.test(text) && !text.startsWith('.') && !text.endsWith('.');
}

/** Upper case is written `!` and the letter in lower case, so that no two modules meet on a file system. */
function unescaped(text: string): string | undefined {
  if (/[A-Z]|!(?![a-z])/.test(text)) return undefined;
  return text.replaceAll(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** golang/proposal, design/25530-sumdb.md, "Checksum Database"; a proxy may serve it below `/sumdb/<name>/`. */
function isChecksumPath(path: string): boolean {
  return (
    /\/sumdb\/[\w.-]+\/(?:supported|latest)$/.test(path) ||
    /\/lookup\/[^@]+@v\d[^/@]*$/.test(path) ||
    /\/tile\/\d{1,2}\/(?:data|\d{1,2})\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d{1,3})?$/.test(path)
  );
}
