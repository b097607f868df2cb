import { formatPlatform, usageError } from '../core/index.ts';
import { formatManifest, mediaTypes, parseManifest } from '../image/index.ts';
import type { Store, TaggedDescriptor } from '../store/index.ts';

/** Where `--annotation` puts what, as docker buildx names the places. */
const levels = ['manifest', 'index', 'manifest-descriptor'] as const;
type Level = (typeof levels)[number];

export type Annotations = readonly {
  readonly level: Level;
  /** The only platform that it is for, as `linux/amd64`. */
  readonly platform: string | undefined;
  readonly name: string;
  readonly value: string;
}[];

/**
 * `--annotation [LEVEL[PLATFORM],…:]NAME=VALUE`; without a level it is for manifests.
 * @throws HoldfastError ANNOTATION_INVALID (exit 2)
 */
export function parseAnnotations(texts: readonly string[]): Annotations {
  return texts.flatMap(text => {
    const at = text.indexOf('=');
    if (at < 1) throw invalid(text);
    const [head, value] = [text.slice(0, at), text.slice(at + 1)];
    const [, prefix = 'manifest', name = ''] = /^(?:([a-z,[\]/\d-]+):)?(.+)$/.exec(head) ?? [];
    return prefix.split(',').map(place => {
      const [, level = '', platform] = /^([a-z-]+)(?:\[([^\]]+)\])?$/.exec(place) ?? [];
      if (!isLevel(level) || name === '') throw invalid(text);
      return { level, platform, name, value };
    });
  });
}

const isLevel = (text: string): text is Level => levels.some(level => level === text);

/** The annotations of one level that are for an image of this platform. */
function chosen(annotations: Annotations, level: Level, { platform }: TaggedDescriptor) {
  const own = platform && formatPlatform(platform);
  const fitting = annotations.filter(
    one => one.level === level && (one.platform === undefined || one.platform === own),
  );
  return Object.fromEntries(fitting.map(({ name, value }) => [name, value]));
}

/** The image with its annotations: in its manifest, which is then another one by digest, and in its descriptor. */
export async function annotated(
  store: Store,
  image: TaggedDescriptor,
  annotations: Annotations,
): Promise<TaggedDescriptor> {
  const own = chosen(annotations, 'manifest', image);
  const outer = chosen(annotations, 'manifest-descriptor', image);
  const described = Object.keys(outer).length === 0 ? image : { ...image, annotations: outer };
  if (Object.keys(own).length === 0) return described;
  const document = parseManifest(await store.readBytes(image.digest), image.mediaType);
  if (document.kind !== 'manifest') throw new Error('an image of one platform has a manifest');
  const { manifest } = document;
  const bytes = formatManifest({ ...manifest, annotations: { ...manifest.annotations, ...own } });
  return { ...described, ...(await store.put(bytes)), mediaType: mediaTypes.ociManifest };
}

function invalid(text: string) {
  return usageError('ANNOTATION_INVALID', `"${text.slice(0, 120)}" is not an annotation`, {
    next: `Write it as --annotation [LEVEL:]NAME=VALUE; levels are ${levels.join(', ')}.`,
  });
}
