import type { Kind, Recognised, RecogniseContext } from '../kind.ts';
import { aptAsOf } from './as-of.ts';
import { aptClientSettings } from './client.ts';
import { installedPackages } from './installed.ts';
import { latestPackages } from './latest.ts';
import { poolSnapshots } from './pool.ts';
import { isMovedSuite, movedSuiteClient } from './moved-suite.ts';
import { releaseFacts } from './provenance.ts';
import { parseRelease } from './release.ts';
import { checkReleaseTime, unverifiedText } from './signature.ts';
import { aptRecogniser, type RecognisedIndex } from './recognise.ts';
import { snapshotServices, type SnapshotServices } from './snapshots.ts';
import { debTexts } from './texts.ts';
import { compareVersions } from './version.ts';

const configPath = '/run/holdfast/apt.conf';

export interface AptOptions {
  /** Where archives have their past. Default: the public services. */
  readonly snapshots?: SnapshotServices | undefined;
}

interface NewIndexContext {
  readonly readBody: RecogniseContext['readBody'];
  readonly now: Date;
  /** The lock's date, where new indexes are answered as of it. */
  readonly asOf?: Date | undefined;
}

/** Debian archives and their packages. */
export function aptKind({ snapshots = snapshotServices }: AptOptions = {}): Kind {
  return {
    name: 'apt',
    versions: { compare: compareVersions },
    latest: (inputs, context) =>
      latestPackages(inputs, { ...context, snapshots: { ...snapshots, ...context.snapshots } }),
    async recogniser({ exchanges, readBody }) {
      const recognise = await aptRecogniser(exchanges, readBody);
      return exchange => {
        const found = recognise(exchange);
        if (found === undefined) return undefined;
        if (found.class === 'index') return index(found);
        if (found.class === 'pointer') return { class: 'index' };
        const { name, version, architecture } = found;
        return { class: 'artefact', name, version, architecture };
      };
    },
    isMade: isMovedSuite,
    client({ caBundle, environment, made, ...rest }) {
      const { APT_CONFIG: imageAptConfig } = environment;
      const settings = aptClientSettings({ configPath, caBundlePath: caBundle, imageAptConfig, ...rest });
      return { files: [...settings.files, ...movedSuiteClient(made)], environment: settings.env };
    },
    async checkNew({ key, responses }, { readBody, now, asOf }: NewIndexContext) {
      const body = responses.at(-1)?.body;
      if (body === undefined || !/\/(In)?Release$/.test(new URL(key.url).pathname)) return;
      const text = unverifiedText(await readBody(body.digest));
      // Not every file of that name is an archive's; apt itself judges what it was given.
      if (!/^Valid-Until:/im.test(text)) return;
      const release = parseRelease(text, key.url);
      // What the archive was on the lock's date must have been good on that date; it may have expired since.
      const isPast = asOf !== undefined && release.date <= asOf;
      checkReleaseTime(release, { now: isPast ? asOf : now, origin: key.url });
    },
    asOf: aptAsOf(snapshots),
    sources: (url, { asOf, snapshots: own }) => poolSnapshots(url, asOf, { ...snapshots, ...own }),
    installed: installedPackages,
    texts: debTexts,
    indexFacts: releaseFacts,
  };
}

export const apt: Kind = aptKind();

/** The signed index stands for its suite; the files that it vouches for have no line of their own. */
function index({ signed, digest, archive: url, suite, date }: RecognisedIndex): Recognised {
  if (!signed || digest === undefined) return { class: 'index' };
  return { class: 'index', archive: { url, suite, date: date?.toISOString().replace('.000Z', 'Z') } };
}
