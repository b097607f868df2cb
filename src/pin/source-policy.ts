import { analyse, inputsOfLock, isGitUrl, isHttpUrl, resolved, type LockedInputs } from '../check/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import { formatReference, parseReference, withDefaultTag } from '../registry/index.ts';
import type { PinRequest } from './result.ts';
import { pullable } from './store-images.ts';

/** BuildKit's `moby.buildkit.v1.sourcepolicy.Rule`, with the names of its JSON form. */
interface PolicyRule {
  readonly action: 'CONVERT';
  readonly selector: { readonly identifier: string; readonly match_type: 'EXACT' };
  readonly updates: {
    readonly identifier?: string;
    readonly attrs?: Readonly<Record<string, string>>;
  };
}

export interface SourcePolicy {
  readonly version: 1;
  readonly rules: readonly PolicyRule[];
}

/** Rules by which BuildKit takes what the lock holds for each source that the Dockerfile names, which stays as it is. */
export async function sourcePolicy({
  text,
  file,
  lock,
  storeImages,
}: Pick<PinRequest, 'text' | 'file' | 'lock' | 'storeImages'>): Promise<SourcePolicy> {
  const analysis = analyse(parseDockerfile(text, file));
  const locked = pullable(await inputsOfLock(lock), storeImages);
  const images = analysis.images.flatMap(({ reference, known, digest }) =>
    known && digest === undefined ? imageRule(reference, locked) : [],
  );
  const { escape } = analysis.dockerfile.directives;
  const added = analysis.stages.flatMap(({ steps }) =>
    steps.flatMap(({ instruction, values }) => {
      if (instruction.keyword !== 'ADD' || instruction.checksum !== undefined) return [];
      return instruction.sources.flatMap(source => {
        const { text: url, known } = resolved(source, values, escape);
        if (!known) return [];
        return isGitUrl(url) ? gitRule(url, locked) : isHttpUrl(url) ? fileRule(url, locked) : [];
      });
    }),
  );
  const rules = new Map([...images, ...added].map(rule => [rule.selector.identifier, rule]));
  return { version: 1, rules: [...rules].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule) };
}

function rule(identifier: string, updates: PolicyRule['updates']): PolicyRule {
  return { action: 'CONVERT', selector: { identifier, match_type: 'EXACT' }, updates };
}

function imageRule(reference: string, locked: LockedInputs): PolicyRule[] {
  const digest = locked.imageDigest(reference);
  if (digest === undefined) return [];
  const name = `docker-image://${formatReference(withDefaultTag(parseReference(reference)))}`;
  return [rule(name, { identifier: `${name}@${digest}` })];
}

function fileRule(url: string, locked: LockedInputs): PolicyRule[] {
  const digest = locked.fileDigest(url);
  return digest === undefined ? [] : [rule(url, { attrs: { 'http.checksum': `sha256:${digest}` } })];
}

/** BuildKit names a repository by host and path, whatever the protocol. */
function gitRule(text: string, locked: LockedInputs): PolicyRule[] {
  const [url = '', fragment = ''] = text.split('#');
  const [ref = '', directory] = fragment.split(':');
  const commit = locked.commit(url, ref || undefined);
  if (commit === undefined || !/^https?:\/\//i.test(url)) return [];
  const { host, pathname } = new URL(url);
  const name = `git://${host}${pathname}`;
  const suffix = directory === undefined ? '' : `:${directory}`;
  return [
    rule(`${name}${ref === '' && suffix === '' ? '' : `#${ref}${suffix}`}`, {
      identifier: `${name}#${commit}${suffix}`,
    }),
  ];
}
