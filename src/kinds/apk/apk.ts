import { asksForFile, bodyOf, outcomeOf } from '../answers.ts';
import type { Exchange } from '../exchange.ts';
import type { Kind, Recognised } from '../kind.ts';
import { urlPath, type UrlPath } from '../url-path.ts';
import { isArchitecture, packageNamed } from './file-name.ts';
import { installedPackages } from './installed.ts';
import { indexFile, Repositories } from './repositories.ts';

/** Repositories of Alpine and its kin. They keep the newest of each package only, and so have no past to ask for. */
export const apk: Kind = {
  name: 'apk',
  async recogniser(context) {
    const repositories = await Repositories.read(context);
    return exchange => recognise(exchange, repositories);
  },
  installed: installedPackages,
};

function recognise(exchange: Exchange, repositories: Repositories): Recognised | undefined {
  const path = urlPath(exchange.key.url);
  if (path === undefined || !asksForFile(exchange)) return undefined;
  if (path.segments.at(-1) === indexFile) return recogniseIndex(exchange, path, repositories);
  const body = bodyOf(exchange);
  if (outcomeOf(exchange) !== 'whole' || body === undefined) return undefined;
  const listed = repositories.packageAt(path, body.size);
  if (listed !== undefined) {
    const { name, version, architecture } = listed;
    return { class: 'artefact', name, version, architecture };
  }
  const [file = '', architecture = ''] = path.segments.toReversed();
  const named = packageNamed(file);
  return named && isArchitecture(architecture) ? { class: 'artefact', ...named, architecture } : undefined;
}

function recogniseIndex(
  exchange: Exchange,
  path: UrlPath,
  repositories: Repositories,
): Recognised | undefined {
  if (outcomeOf(exchange) !== 'whole')
    return outcomeOf(exchange) === 'absent' ? { class: 'index' } : undefined;
  const archive = repositories.archiveAt(path);
  // What is called an index and is none is a file like any other.
  return archive && { class: 'index', archive };
}
