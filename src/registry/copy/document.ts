import { z } from 'zod';
import { notAManifest, requireSameType, manifestJson, indexTypes, imageTypes } from '../manifest.ts';
import { isContentDigest, type Content, type ContentDigest } from './content.ts';

/** What a manifest or index refers to, for copying: whatever its configuration and layers are. */
export type CopyDocument =
  | {
      readonly kind: 'image';
      readonly config: Content;
      readonly layers: readonly Content[];
      readonly subject?: Content | undefined;
      /** As the referrers API gives it: distribution-spec, "Listing Referrers". */
      readonly artifactType: string;
      readonly annotations?: Readonly<Record<string, string>> | undefined;
    }
  | {
      readonly kind: 'index';
      readonly manifests: readonly Content[];
      readonly subject?: Content | undefined;
      readonly artifactType?: string | undefined;
      readonly annotations?: Readonly<Record<string, string>> | undefined;
    };

/** Go writes `null` for what is absent. */
const annotations = z
  .record(z.string(), z.string())
  .nullish()
  .transform(value => value ?? undefined);

const contentSchema = z.object({
  mediaType: z.string(),
  digest: z.custom<ContentDigest>(isContentDigest, 'not a sha256 or sha512 digest'),
  size: z.number().int().nonnegative(),
  urls: z
    .array(z.string())
    .nullish()
    .transform(value => value ?? undefined),
  platform: z
    .object({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
    .nullish()
    .transform(value => value ?? undefined),
  annotations,
  artifactType: z.string().optional(),
});

const subject = contentSchema.nullish().transform(value => value ?? undefined);

const imageSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: contentSchema,
  layers: z.array(contentSchema).max(10_000),
  subject,
  annotations,
  // Both kinds at once is the confusion of CVE-2021-41190.
  manifests: z.undefined().optional(),
});

const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  manifests: z.array(contentSchema).max(10_000),
  subject,
  annotations,
  config: z.undefined().optional(),
  layers: z.undefined().optional(),
});

/**
 * Reads what a manifest refers to. `where` names it in errors.
 * @throws HoldfastError REGISTRY_NOT_A_MANIFEST (exit 5)
 */
export function readDocument(bytes: Uint8Array, mediaType: string, where: string): CopyDocument {
  const json = manifestJson(bytes, where);
  try {
    if (imageTypes.includes(mediaType)) {
      const { mediaType: own, artifactType, config, layers, ...rest } = imageSchema.parse(json);
      requireSameType(own, mediaType, where);
      const { subject, annotations } = rest;
      const type = artifactType ?? config.mediaType;
      return { kind: 'image', config, layers, subject, annotations, artifactType: type };
    }
    if (indexTypes.includes(mediaType)) {
      const { mediaType: own, artifactType, manifests, subject, annotations } = indexSchema.parse(json);
      requireSameType(own, mediaType, where);
      return { kind: 'index', manifests, subject, annotations, artifactType };
    }
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw notAManifest(where, `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'malformed'}`, error);
  }
  throw notAManifest(where, `its media type is ${mediaType.slice(0, 100) || 'missing'}`);
}

/** Layers whose licence forbids passing them on, and which say where they are: not copied, as skopeo does not. */
export function isForeign({ mediaType, urls }: Content): boolean {
  return (urls?.length ?? 0) > 0 && /nondistributable|\.foreign\./.test(mediaType);
}
