import { hexOf } from '../../core/index.ts';
import { asksForFile, bodyOf, outcomeOf } from '../answers.ts';
import type { Exchange } from '../exchange.ts';
import type { Kind, Recognised } from '../kind.ts';
import { urlPath, type UrlPath } from '../url-path.ts';
import { installedPackages } from './installed.ts';
import { latestPackages } from './latest.ts';
import { packageNamed } from './package.ts';
import { isRepomd, Repositories } from './repositories.ts';
import { compareVersions } from './version.ts';

/** Repositories as createrepo makes them, for dnf, yum and zypper. They have no past. */
export const rpm: Kind = {
  name: 'rpm',
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
  const body = bodyOf(exchange);
  if (body && repositories.isMirrorList(body.digest)) return { class: 'index' };
  if (path.segments.at(-2) === 'repodata') return recogniseIndex(exchange, path, repositories);
  return path.segments.at(-1)?.endsWith('.rpm') === true
    ? recognisePackage(exchange, path, repositories)
    : undefined;
}

/** Names that createrepo gives, where they hold a digest it must be right; others count where the repository is known. */
const metadataFile =
  /^(?:repomd\.xml|[0-9a-f]{40,128}-[\w.-]+|(?:primary|filelists|other|updateinfo)\.(?:xml|sqlite)[\w.]*)(?:\.asc|\.key)?$/;

function recogniseIndex(
  exchange: Exchange,
  path: UrlPath,
  repositories: Repositories,
): Recognised | undefined {
  if (outcomeOf(exchange) === 'mixed') return undefined;
  if (isRepomd(path) && outcomeOf(exchange) === 'whole') {
    const archive = repositories.archiveAt(path);
    return archive && { class: 'index', archive };
  }
  const body = bodyOf(exchange);
  const named = /^([0-9a-f]{64})-/.exec(path.segments.at(-1) ?? '')?.[1];
  if (named !== undefined && body !== undefined && named !== hexOf(body.digest)) return undefined;
  const known = repositories.holds(path) || metadataFile.test(path.segments.at(-1) ?? '');
  return known ? { class: 'index' } : undefined;
}

function recognisePackage(
  exchange: Exchange,
  path: UrlPath,
  repositories: Repositories,
): Recognised | undefined {
  const outcome = outcomeOf(exchange);
  const body = bodyOf(exchange);
  const listed = outcome === 'whole' && body ? repositories.packageWith(body.digest) : undefined;
  if (listed !== undefined) return { class: 'artefact', ...listed };
  // A package from elsewhere, such as a vendor's `-latest`, is a file like any other: its name may not be its version.
  if (!repositories.holds(path) && !path.segments.includes('Packages')) return undefined;
  const named = packageNamed(path.segments.at(-1) ?? '');
  if (named === undefined || outcome === 'mixed') return undefined;
  return outcome === 'whole' ? { class: 'artefact', ...named } : { class: 'index' };
}
