/** When a snapshot service first saw a package's file: a clock that the package's publisher does not control. */

import { HoldfastError, isObject, jsonObject } from '../../core/index.ts';
import type { LatestContext, Since } from '../latest.ts';
import type { SuitePackages } from './archive.ts';
import type { Candidate } from './candidates.ts';
import { archiveOfRelease } from './snapshots.ts';

export type FirstSeen = (candidate: Candidate<SuitePackages>) => Promise<Since | undefined>;

/** The service slows those down who ask for much. */
const mostAsked = 60;

/**
 * Asks a service of snapshot.debian.org's kind (its machine-usable interface, `/mr/binary/…/binfiles`). Nothing where
 * there is none, where it does not know, or once it has failed: the age is then that since which Holdfast knows of it.
 */
export function firstSeen({ fetch, snapshots }: Pick<LatestContext, 'fetch' | 'snapshots'>): FirstSeen {
  const silent = new Set<string>();
  let asked = 0;
  return async ({ record, origin }) => {
    const archive = archiveOfRelease(origin.release);
    const base = archive && snapshots?.[archive];
    const service = base === undefined ? undefined : /^(.*)\/archive\/[^/]+\/?$/.exec(base)?.[1];
    if (service === undefined || silent.has(service) || ++asked > mostAsked) return undefined;
    const [name, version] = [record.name, record.version].map(encodeURIComponent);
    try {
      const { status, body } = await fetch(`${service}/mr/binary/${name}/${version}/binfiles?fileinfo=1`);
      return status === 200 ? earliest(body, record.architecture) : undefined;
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      silent.add(service);
      return undefined;
    }
  };
}

function earliest(body: Buffer, architecture: string): Since | undefined {
  const { result, fileinfo } = jsonObject(body) ?? {};
  if (!Array.isArray(result) || !isObject(fileinfo)) return undefined;
  const times = result
    .filter(isObject)
    .filter(file => file['architecture'] === architecture)
    .flatMap(({ hash }) => (typeof hash === 'string' ? fileinfo[hash] : undefined))
    .filter(isObject)
    .flatMap(file => timeOf(file['first_seen']) ?? [])
    .toSorted();
  return times[0] === undefined ? undefined : { at: times[0], clock: 'snapshot' };
}

/** `20260131T024512Z` */
function timeOf(stamp: unknown): string | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(stamp))?.slice(1);
  if (parts === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace('.000Z', 'Z');
}
