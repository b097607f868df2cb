import { z } from 'zod';
import { isDigest, lazy, messageOf, usageError } from '../../core/index.ts';
import { formatReference, parseReference, repositoryName, type Reference } from '../reference.ts';
import type { CopyPlace } from './open-place.ts';

/** A repository to sync, with what of it: the tags and digests that are named, those that match, or every tag. */
export interface SyncSource {
  readonly repository: Reference;
  /** None: every tag. */
  readonly references: readonly string[];
  readonly matching?: RegExp | undefined;
  /** As the file says it for the registry. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  readonly tlsVerify?: boolean | undefined;
  readonly certDir?: string | undefined;
}

const names = lazy(() => z.record(z.string(), z.array(z.string()).nullable()));
const registrySchema = lazy(() =>
  z.strictObject({
    images: names().nullish(),
    'images-by-tag-regex': z.record(z.string(), z.string()).nullish(),
    credentials: z.object({ username: z.string(), password: z.string() }).nullish(),
    'tls-verify': z.boolean().nullish(),
    'cert-dir': z.string().nullish(),
  }),
);
const fileSchema = lazy(() => z.record(z.string(), registrySchema()));

/**
 * What a file says is to be synced: YAML as skopeo's, by registry, or a list with a reference a line and comments
 * after `#`. A reference without tag and digest is every tag of its repository.
 * @throws HoldfastError SYNC_FILE, REFERENCE_INVALID (exit 2)
 */
export async function readSyncFile(text: string, file: string): Promise<SyncSource[]> {
  if (!/\.ya?ml$/i.test(file)) {
    const lines = text.split('\n').map(line => line.replace(/(?:^|\s)#.*/, '').trim());
    return lines.filter(line => line !== '').map(syncSource);
  }
  // Loaded where it is needed: no other copy reads YAML.
  const { parse } = await import('yaml');
  let registries: z.infer<ReturnType<typeof fileSchema>>;
  try {
    registries = fileSchema().parse(parse(text) ?? {});
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    // Not the text itself, which may hold a password.
    const why = issue ? `${issue.path.join('.')}: ${issue.message}` : (messageOf(error).split('\n')[0] ?? '');
    throw invalidFile(file, why);
  }
  return Object.entries(registries).flatMap(([domain, registry]) => {
    const settings = {
      credentials: registry.credentials ?? undefined,
      tlsVerify: registry['tls-verify'] ?? undefined,
      certDir: registry['cert-dir'] ?? undefined,
    };
    const named = Object.entries(registry.images ?? {}).map(([name, references]) => ({
      repository: parseReference(`${domain}/${name}`),
      references: references ?? [],
      ...settings,
    }));
    const matched = Object.entries(registry['images-by-tag-regex'] ?? {}).map(([name, pattern]) => ({
      repository: parseReference(`${domain}/${name}`),
      references: [],
      matching: regexOf(pattern, file),
      ...settings,
    }));
    return [...named, ...matched];
  });
}

/** One repository or reference, with or without `docker://`. @throws HoldfastError REFERENCE_INVALID (exit 2) */
export function syncSource(text: string): SyncSource {
  const { tag, digest, ...repository } = parseReference(text.replace(/^docker:\/\//, ''));
  const reference = digest ?? tag;
  return { repository, references: reference === undefined ? [] : [reference] };
}

/** The references of a source, of which `tags` has every tag. */
export async function tagsToSync(
  { repository, references, matching }: SyncSource,
  tags: () => AsyncIterable<string>,
): Promise<Reference[]> {
  const found = [...references];
  if (references.length === 0)
    for await (const tag of tags()) if (matching === undefined || matching.test(tag)) found.push(tag);
  return found.map(text => ({ ...repository, ...(isDigest(text) ? { digest: text } : { tag: text }) }));
}

/**
 * Where an image goes: below a repository, or a directory, or as a tag of a layout; by the last part of its name,
 * or where it is `scoped` by the whole of it.
 * @throws HoldfastError SYNC_DESTINATION (exit 2)
 */
export function syncDestination(image: Reference, base: CopyPlace, scoped: boolean): CopyPlace {
  const whole = scoped ? repositoryName(image) : (image.path.split('/').at(-1) ?? image.path);
  const { tag, digest } = image;
  const named = whole + (digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`);
  switch (base.kind) {
    case 'docker': {
      const { reference } = base;
      if (reference.tag !== undefined || reference.digest !== undefined)
        throw badDestination(formatReference(reference), 'it names an image, not a place for many');
      // A port's colon and capitals are not for repositories.
      const below = whole.replaceAll(':', '-').toLowerCase();
      const path = `${reference.path}/${below}`;
      return { kind: 'docker', reference: { domain: reference.domain, path, tag, digest } };
    }
    case 'dir':
      return { kind: 'dir', directory: `${base.directory}/${named}` };
    case 'oci':
      if (base.tag !== undefined)
        throw badDestination(`oci:${base.directory}:${base.tag}`, 'it names one image');
      return { kind: 'oci', directory: base.directory, tag: named };
    case 'oci-archive':
    case 'docker-archive':
    case 'docker-daemon':
      throw badDestination(base.kind, 'it holds one image');
  }
}

function regexOf(pattern: string, file: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw invalidFile(file, messageOf(error));
  }
}

function invalidFile(file: string, why: string) {
  return usageError('SYNC_FILE', `${file} is not a list of images: ${why}`, {
    next: 'Write a reference a line, or YAML as docs/registries.md shows it.',
  });
}

function badDestination(text: string, why: string) {
  return usageError('SYNC_DESTINATION', `${text} is no place to sync to: ${why}`, {
    next: 'Name docker://REGISTRY/PREFIX, dir:DIR or oci:DIR.',
  });
}
