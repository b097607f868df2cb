import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDigest, usageError, type Digest, type Json } from '../core/index.ts';
import { IgnoreMatcher, readIgnoreFile } from '../dockerfile/index.ts';
import { familiarReference, parseReference } from '../registry/index.ts';
import { parseGitReference, withoutCredentials } from './files/index.ts';

/** What `--build-context NAME=…` stands for. */
export type NamedContext =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'image'; readonly reference: string }
  | {
      readonly kind: 'oci-layout';
      readonly directory: string;
      readonly tag?: string | undefined;
      readonly digest?: Digest | undefined;
    }
  | { readonly kind: 'directory'; readonly directory: string; readonly ignore: IgnoreMatcher }
  /** The image that a service of the same compose project is built to. */
  | { readonly kind: 'service'; readonly service: string }
  /** A git repository or a file over HTTP. */
  | { readonly kind: 'remote'; readonly url: string };

/** By name, as `contextName` gives it. */
export type NamedContexts = ReadonlyMap<string, NamedContext>;

/**
 * Reads what the user gave for each name: `docker-image://REFERENCE`, `oci-layout://DIR[:TAG][@DIGEST]`, a URL of a file or
 * a git repository, `service:NAME`, or a directory.
 * @throws HoldfastError CONTEXT_INVALID, CONTEXT_MISSING, REFERENCE_INVALID, GIT_REFERENCE, GIT_PROTOCOL (exit 2)
 */
export async function openContexts(given: Readonly<Record<string, string>>): Promise<NamedContexts> {
  const contexts = new Map<string, NamedContext>();
  for (const [name, value] of Object.entries(given))
    contexts.set(contextName(name), await openContext(name, value));
  return contexts;
}

/** The context that stands for a stage or an image. */
export function findContext(contexts: NamedContexts, name: string): NamedContext | undefined {
  if (contexts.size === 0 || name === 'scratch' || name === 'context') return undefined;
  try {
    return contexts.get(contextName(name));
  } catch {
    return undefined; // No reference; whoever asks for it as an image says so.
  }
}

/** As BuildKit compares them: a reference without what is taken for granted, `latest` among it. */
function contextName(text: string): string {
  return familiarReference(parseReference(text)).replace(/:latest$/, '');
}

/** What of the contexts makes a build another one; the files in a directory are no part of it, as in the main context. */
export function contextsForm(contexts: NamedContexts): Json | undefined {
  if (contexts.size === 0) return undefined;
  const forms = [...contexts].map(([name, context]): [string, Json] => {
    switch (context.kind) {
      case 'scratch':
      case 'directory':
        return [name, context.kind];
      case 'image':
        return [name, `docker-image://${context.reference}`];
      case 'oci-layout':
        return [name, { kind: 'oci-layout', tag: context.tag, digest: context.digest }];
      case 'service':
        return [name, `service:${context.service}`];
      case 'remote':
        return [name, withoutCredentials(context.url)];
    }
  });
  return Object.fromEntries(forms);
}

async function openContext(name: string, value: string): Promise<NamedContext> {
  const [, scheme = '', rest = ''] = /^([a-z][a-z-]*):\/\/(.*)$/.exec(value) ?? [];
  if (scheme === 'docker-image') {
    if (rest === 'scratch') return { kind: 'scratch' };
    parseReference(rest);
    return { kind: 'image', reference: rest };
  }
  if (scheme === 'oci-layout') return layout(name, rest);
  if (parseGitReference(value, undefined) !== undefined || /^https?$/.test(scheme))
    return { kind: 'remote', url: value };
  if (value.startsWith('service:')) return { kind: 'service', service: value.slice('service:'.length) };
  const directory = resolve(value);
  const stats = await stat(directory).catch(() => undefined);
  if (stats?.isDirectory()) return { kind: 'directory', directory, ignore: await readIgnore(directory) };
  throw usageError('CONTEXT_MISSING', `the context ${name}, ${value}, is not a directory`, {
    next: 'Name a directory, docker-image://REFERENCE, oci-layout://DIR, or a URL.',
  });
}

function layout(name: string, text: string): NamedContext {
  const [, directory = '', tag, digest] = /^(.+?)(?::([^:/@]+))?(?:@(.+))?$/.exec(text) ?? [];
  if (directory === '' || (digest !== undefined && !isDigest(digest))) {
    throw usageError('CONTEXT_INVALID', `the context ${name} is not an image of a layout: ${text}`, {
      next: 'Write it as oci-layout://DIR, oci-layout://DIR:TAG or oci-layout://DIR@sha256:….',
    });
  }
  return { kind: 'oci-layout', directory: resolve(directory), tag, digest };
}

async function readIgnore(directory: string): Promise<IgnoreMatcher> {
  const text = await readFile(join(directory, '.dockerignore'), 'utf8').catch(() => '');
  return new IgnoreMatcher(readIgnoreFile(text));
}
