import { resolve } from 'node:path';
import type { RegistrySettings } from '../build/index.ts';
import { usageError } from '../core/index.ts';
import { parseLocation, parseReference, type MirrorRule } from '../registry/index.ts';

/** What flags of kaniko's executor say of registries. */
export interface RegistryFlags {
  readonly destination?: readonly string[];
  readonly registryMirror?: readonly string[];
  readonly registryMap?: readonly string[];
  readonly skipDefaultRegistryFallback?: boolean | string;
  readonly insecure?: boolean | string;
  readonly insecureRegistry?: readonly string[];
  readonly registryCertificate?: readonly string[];
}

/** @throws HoldfastError MIRROR_INVALID, EXECUTOR_FLAG, REFERENCE_INVALID (exit 2) */
export function registriesFrom(flags: RegistryFlags): RegistrySettings {
  const destinations = isOn(flags.insecure) ? (flags.destination ?? []) : [];
  return {
    mirrors: mirrorsFrom(flags),
    onlyMirrors: isOn(flags.skipDefaultRegistryFallback),
    plainHttp: [
      ...(flags.insecureRegistry ?? []).flatMap(text => text.split(',')),
      ...destinations.map(text => parseReference(text).domain),
    ],
    roots: new Map(
      (flags.registryCertificate ?? []).map(text => {
        const [host, file] = pair('registry-certificate', text, 'HOST=FILE');
        return [host, resolve(file)];
      }),
    ),
  };
}

/** Switches may be given as `--insecure=false`. */
const isOn = (value: boolean | string | undefined) => value === true || value === '' || value === 'true';

/** A mirror is one of Docker Hub, and counts before what is mapped (kaniko, "--registry-mirror", "--registry-map"). */
function mirrorsFrom({ registryMirror = [], registryMap = [] }: RegistryFlags): MirrorRule[] {
  const pairs = [
    ...registryMirror.map(location => ['docker.io', location] as const),
    ...registryMap
      .flatMap(text => text.split(';'))
      .filter(text => text !== '')
      .map(text => pair('registry-map', text, 'REGISTRY=OTHER')),
  ];
  const canonical = (name: string) => (name === 'index.docker.io' ? 'docker.io' : parseLocation(name));
  const rules = Map.groupBy(pairs, ([prefix]) => canonical(prefix));
  return [...rules].map(([prefix, list]) => ({
    prefix,
    mirrors: list.map(([, location]) => ({ location: parseLocation(location) })),
  }));
}

function pair(flag: string, text: string, form: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw usageError('EXECUTOR_FLAG', `--${flag} ${text.slice(0, 120)} is not of the form ${form}`, {
    next: `Write it as --${flag}=${form}.`,
  });
}
