import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, usageError } from '../core/index.ts';
import type { Environment } from './dispatchers.ts';

/** What one host alone is trusted by, and what it alone is shown. PEM. */
export interface HostCertificates {
  readonly roots: readonly string[];
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
}

/** By `host` or `host:port`, as URLs have it. @throws HoldfastError ROOTS_UNREADABLE (exit 2) */
export type CertificatesFor = (host: string) => HostCertificates | undefined;

/**
 * The certificates of hosts that `files` names, in directories that `named` names by host, or that lie in `certs.d` as Docker and Podman have it:
 * `certs.d/HOST[:PORT]/*.crt` are roots, `*.cert` with its `*.key` is what the host is shown. The first directory that
 * has the host counts.
 */
export function hostCertificates(
  files: ReadonlyMap<string, string>,
  env: Environment,
  homeDirectory: string,
  named: ReadonlyMap<string, string> = new Map(),
): CertificatesFor {
  const known = new Map<string, HostCertificates | undefined>();
  const directories = certificateDirectories(env, homeDirectory);
  const find = (host: string) => {
    const own = namesOf(host).flatMap(name => named.get(name) ?? []);
    return inNamed(own[0]) ?? fromFile(files, host) ?? fromDirectories(directories, host);
  };
  return host => {
    if (!known.has(host)) known.set(host, find(host));
    return known.get(host);
  };
}

function certificateDirectories(env: Environment, homeDirectory: string): string[] {
  const config = env['XDG_CONFIG_HOME'] || join(homeDirectory, '.config');
  return [join(config, 'containers'), join(config, 'docker'), '/etc/containers', '/etc/docker'].map(
    directory => join(directory, 'certs.d'),
  );
}

/** The port may be left out where it is that of https. */
function namesOf(host: string): string[] {
  return /:\d+$/.test(host) ? [host] : [host, `${host}:443`];
}

function fromFile(files: ReadonlyMap<string, string>, host: string): HostCertificates | undefined {
  const [file] = namesOf(host).flatMap(name => files.get(name) ?? []);
  return file === undefined ? undefined : { roots: [read(file)] };
}

function fromDirectories(directories: readonly string[], host: string): HostCertificates | undefined {
  return certificatesIn(directories.flatMap(one => namesOf(host).map(name => join(one, name))));
}

/** A directory that somebody named is there, and has something. */
function inNamed(directory: string | undefined): HostCertificates | undefined {
  if (directory === undefined) return undefined;
  const found = certificatesIn([directory]);
  if (found !== undefined && (found.roots.length > 0 || found.client)) return found;
  const why = found === undefined ? 'is no directory that can be read' : 'has neither a *.crt nor a *.cert';
  throw usageError('ROOTS_UNREADABLE', `${directory} ${why}`, {
    next: 'Name a directory with root certificates called *.crt, or a certificate called *.cert with its *.key.',
  });
}

function certificatesIn(directories: readonly string[]): HostCertificates | undefined {
  for (const directory of directories) {
    const names = entriesOf(directory);
    if (names === undefined) continue;
    const roots = names.filter(name => name.endsWith('.crt')).map(name => read(join(directory, name)));
    const [cert] = names.filter(name => name.endsWith('.cert'));
    if (cert === undefined) return { roots };
    const key = read(join(directory, cert.replace(/cert$/, 'key')));
    return { roots, client: { cert: read(join(directory, cert)), key } };
  }
  return undefined;
}

function entriesOf(directory: string): string[] | undefined {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError('ROOTS_UNREADABLE', `cannot read ${file} (${errnoOf(error) ?? 'unknown error'})`, {
      next: 'Correct the name of that file, or its permissions.',
      cause: error,
    });
  }
}
