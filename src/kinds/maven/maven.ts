import { asksForFile, outcomeOf } from '../answers.ts';
import type { Exchange } from '../exchange.ts';
import type { Kind, Recognised } from '../kind.ts';
import { urlPath } from '../url-path.ts';
import { coordinates, isMetadata, laidOutFile } from './layout.ts';
import { Repositories } from './repositories.ts';

/**
 * Maven repositories, as Maven, Gradle and the like use them. Metadata lists versions without their times, so that
 * there is no past to ask for. Checksums can be worked out from what they are of, and have no line; poms, module
 * metadata and signatures cannot.
 */
export const maven: Kind = {
  name: 'maven',
  async recogniser(context) {
    const repositories = await Repositories.read(context);
    return exchange => recognise(exchange, repositories);
  },
};

function recognise(exchange: Exchange, repositories: Repositories): Recognised | undefined {
  const path = urlPath(exchange.key.url);
  if (path === undefined || !asksForFile(exchange)) return undefined;
  if (isMetadata(path.segments)) return { class: 'index' };
  const file = laidOutFile(path.segments);
  const group = file && repositories.groupOf(path, file);
  if (file === undefined || group === undefined) return undefined;
  if (file.checksum) return { class: 'index' };
  switch (outcomeOf(exchange)) {
    case 'whole':
      return { class: 'artefact', name: coordinates(group, file), version: file.version };
    // Each file is looked for in every repository of a build, one after the other.
    case 'pointer':
      return { class: 'index' };
    case 'mixed':
      return undefined;
  }
}
