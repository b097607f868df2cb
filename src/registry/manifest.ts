import { z } from 'zod';
import { type Digest, isDigest, lazy, upstreamError } from '../core/index.ts';

/** What names a blob or manifest: OCI image-spec descriptor.md, the members that moving images needs. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** An entry of an index. `platform` is what the index says, not normalised. */
export interface IndexEntry extends Descriptor {
  readonly platform?:
    | { readonly os: string; readonly architecture: string; readonly variant?: string | undefined }
    | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** The blobs and manifests that a manifest refers to, whichever of the four media types it has. */
export type Manifest =
  | { readonly kind: 'image'; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
  | { readonly kind: 'index'; readonly manifests: readonly IndexEntry[] };

/** A manifest's own bytes, as the registry gave them and as its digest names them. */
export interface RawManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** distribution-spec: registries should take, and clients need not take, more than 4 MiB. */
export const manifestLimit = 4 * 1024 * 1024;

export const ociIndexType = 'application/vnd.oci.image.index.v1+json';

export const imageTypes: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
export const indexTypes: readonly string[] = [
  ociIndexType,
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** In the order in which a registry that converts should prefer them. */
export const manifestTypes: readonly string[] = [...imageTypes, ...indexTypes];

/** Configurations of artifacts (charts, signatures, modules) have other types. */
const imageConfigTypes: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

export function isImageConfigType(mediaType: string): boolean {
  return imageConfigTypes.includes(mediaType);
}

const descriptorSchema = lazy(() =>
  z.object({
    mediaType: z.string(),
    digest: z.custom<Digest>(isDigest, 'not a sha256 digest'),
    size: z.number().int().nonnegative(),
  }),
);

const imageSchema = lazy(() =>
  z.object({
    schemaVersion: z.literal(2),
    mediaType: z.string().optional(),
    config: descriptorSchema(),
    layers: z.array(descriptorSchema()),
    // Both kinds at once is the confusion of CVE-2021-41190.
    manifests: z.undefined().optional(),
  }),
);

const indexSchema = lazy(() =>
  z.object({
    schemaVersion: z.literal(2),
    mediaType: z.string().optional(),
    manifests: z.array(
      descriptorSchema().extend({
        platform: z
          .object({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
          .optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    ),
    config: z.undefined().optional(),
    layers: z.undefined().optional(),
  }),
);

/**
 * Reads what a manifest refers to. `where` names it in errors.
 * @throws HoldfastError REGISTRY_NOT_A_MANIFEST (exit 5)
 */
export function readManifest(bytes: Uint8Array, mediaType: string, where: string): Manifest {
  const json = manifestJson(bytes, where);
  try {
    if (imageTypes.includes(mediaType)) {
      const { config, layers, mediaType: own } = imageSchema().parse(json);
      requireSameType(own, mediaType, where);
      return { kind: 'image', config, layers };
    }
    if (indexTypes.includes(mediaType)) {
      const { manifests, mediaType: own } = indexSchema().parse(json);
      requireSameType(own, mediaType, where);
      return { kind: 'index', manifests };
    }
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw notAManifest(where, `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'malformed'}`, error);
  }
  throw notAManifest(where, `its media type is ${mediaType.slice(0, 100) || 'missing'}`);
}

/**
 * The media type of a manifest that came with `contentType`. A type that is not a manifest's own (plain JSON, or
 * none) gives way to the one that the manifest itself states.
 * @throws HoldfastError REGISTRY_NOT_A_MANIFEST (exit 5)
 */
export function manifestTypeOf(bytes: Uint8Array, contentType: string | undefined, where: string): string {
  const declared = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (manifestTypes.includes(declared)) return declared;
  const vague = ['', 'application/json', 'application/octet-stream', 'text/plain'].includes(declared);
  const own = vague
    ? z.looseObject({ mediaType: z.string() }).safeParse(manifestJson(bytes, where))
    : undefined;
  if (own?.success && manifestTypes.includes(own.data.mediaType)) return own.data.mediaType;
  throw notAManifest(where, `the answer's type is ${declared.slice(0, 100) || 'missing'}`);
}

/** @throws HoldfastError REGISTRY_NOT_A_MANIFEST (exit 5) where a manifest says another type of itself than it came with */
export function requireSameType(own: string | undefined, declared: string, where: string): void {
  if (own === undefined || own === declared) return;
  throw notAManifest(where, `it was declared ${declared}, but says ${own.slice(0, 100)} of itself`);
}

/** @throws HoldfastError REGISTRY_NOT_A_MANIFEST (exit 5) */
export function manifestJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw notAManifest(where, 'the answer is not JSON', error);
  }
}

export function notAManifest(where: string, why: string, cause?: unknown) {
  return upstreamError('REGISTRY_NOT_A_MANIFEST', `${where} is not an image manifest: ${why}`, {
    next: 'Check that the name is that of a container registry and an image, and that no login page or proxy answers for it.',
    ...(cause === undefined ? {} : { cause }),
  });
}
