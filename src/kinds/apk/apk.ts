import { asksForFile, bodyOf, outcomeOf } from '../answers.ts';
import type { Exchange } from '../exchange.ts';
import type { Kind, Recognised } from '../kind.ts';
import { urlPath, type UrlPath } from '../url-path.ts';
import { isArchitecture, packageNamed } from './file-name.ts';
import { installedPackages } from './installed.ts';
import { latestPackages } from './latest.ts';
import { isIndexFile, Repositories } from './repositories.ts';
import { compareVersions } from './version.ts';

/** Repositories of Alpine and its kin. They keep the newest of each package only, and so have no past to ask for. */
export const apk: Kind = {
  name: 'apk',
  versions: { compare: compareVersions },
  latest: latestPackages,
  async recogniser(context) {
    const repositories = await Repositories.read(context);
    return exchange => recognise(exchange, repositories);
  },
  installed: installedPackages,
};

function recognise(exchange: Exchange, repositories: Repositories): Recognised | undefined {
  const path = urlPath(exchange.key.url);
  if (path === undefined || !asksForFile(exchange)) return undefined;
  if (isIndexFile(path.segments.at(-1))) return recogniseIndex(exchange, path, repositories);
  return recognisePackage(exchange, path, repositories);
}

function recogniseIndex(
  exchange: Exchange,
  path: UrlPath,
  repositories: Repositories,
): Recognised | undefined {
  if (outcomeOf(exchange) === 'pointer') return { class: 'index' };
  const archive = outcomeOf(exchange) === 'whole' ? repositories.archiveAt(path) : undefined;
  // What is called an index and is none is a file like any other.
  return archive && { class: 'index', archive };
}

function recognisePackage(
  exchange: Exchange,
  path: UrlPath,
  repositories: Repositories,
): Recognised | undefined {
  const outcome = outcomeOf(exchange);
  const listed = outcome === 'whole' ? repositories.packageAt(path, bodyOf(exchange)?.size) : undefined;
  if (listed !== undefined) {
    const { name, version, architecture } = listed;
    return { class: 'artefact', name, version, architecture };
  }
  const [file = '', architecture = ''] = path.segments.toReversed();
  const named = packageNamed(file);
  if (named === undefined || !isArchitecture(architecture) || outcome === 'mixed') return undefined;
  return outcome === 'whole' ? { class: 'artefact', ...named, architecture } : { class: 'index' };
}
