import { asksForFile, bodyOf, outcomeOf } from '../answers.ts';
import type { Exchange } from '../exchange.ts';
import type { Kind, Recognised } from '../kind.ts';
import { urlPath } from '../url-path.ts';
import { coordinates, isChecksum, isMetadata, laidOutFile } from './layout.ts';
import { latestArtifacts, mavenVersions } from './latest.ts';
import { Repositories } from './repositories.ts';

/**
 * Maven repositories, as Maven, Gradle and the like use them. Metadata lists versions without their times, so that
 * there is no past to ask for. Checksums can be worked out from what they are of, and have no line; poms, module
 * metadata and signatures cannot.
 */
export const maven: Kind = {
  name: 'maven',
  versions: mavenVersions,
  latest: latestArtifacts,
  async recogniser(context) {
    const repositories = await Repositories.read(context);
    return exchange => recognise(exchange, repositories);
  },
};

/** A digest in hexadecimal, in some repositories with the file's name beside it. What is larger is something else. */
const largestChecksum = 1024;

function recognise(exchange: Exchange, repositories: Repositories): Recognised | undefined {
  const path = urlPath(exchange.key.url);
  const outcome = outcomeOf(exchange);
  if (path === undefined || outcome === 'mixed' || !asksForFile(exchange)) return undefined;
  const body = bodyOf(exchange);
  const mayBeChecksum = body === undefined || body.size <= largestChecksum;
  if (isMetadata(path.segments)) {
    const isOne = isChecksum(path.segments) ? mayBeChecksum : !body || repositories.isMetadata(body.digest);
    return isOne ? { class: 'index' } : undefined;
  }
  const file = laidOutFile(path.segments);
  const group = file && repositories.groupOf(path, file);
  if (file === undefined || group === undefined) return undefined;
  if (file.checksum) return mayBeChecksum ? { class: 'index' } : undefined;
  // Each file is looked for in every repository of a build, one after the other.
  return outcome === 'pointer'
    ? { class: 'index' }
    : { class: 'artefact', name: coordinates(group, file), version: file.version };
}
