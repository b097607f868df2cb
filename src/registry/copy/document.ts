import { z } from 'zod';
import { lazy } from '../../core/index.ts';
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

const schemas = lazy(() => {
  /** Go writes `null` for what is absent. */
  const orAbsent = <Schema extends z.ZodType>(schema: Schema) =>
    schema.nullish().transform(value => value ?? undefined);
  const annotations = orAbsent(z.record(z.string(), z.string()));
  const content = z.object({
    mediaType: z.string(),
    digest: z.custom<ContentDigest>(isContentDigest, 'not a sha256 or sha512 digest'),
    size: z.number().int().nonnegative(),
    urls: orAbsent(z.array(z.string())),
    platform: orAbsent(
      z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }),
    ),
    annotations,
    artifactType: z.string().optional(),
  });
  const common = {
    schemaVersion: z.literal(2),
    mediaType: z.string().optional(),
    artifactType: z.string().optional(),
    subject: orAbsent(content),
    annotations,
  };
  // Both kinds at once is the confusion of CVE-2021-41190.
  const none = z.undefined().optional();
  const list = z.array(content).max(10_000);
  return {
    image: z.object({ ...common, config: content, layers: list, manifests: none }),
    index: z.object({ ...common, manifests: list, config: none, layers: none }),
  };
});

/**
 * Reads what a manifest refers to. `where` names it in errors.
 * @throws HoldfastError REGISTRY_NOT_A_MANIFEST (exit 5)
 */
export function readDocument(bytes: Uint8Array, mediaType: string, where: string): CopyDocument {
  const json = manifestJson(bytes, where);
  try {
    if (imageTypes.includes(mediaType)) {
      const { mediaType: own, artifactType, config, layers, ...rest } = schemas().image.parse(json);
      requireSameType(own, mediaType, where);
      const { subject, annotations } = rest;
      const type = artifactType ?? config.mediaType;
      return { kind: 'image', config, layers, subject, annotations, artifactType: type };
    }
    if (indexTypes.includes(mediaType)) {
      const { mediaType: own, artifactType, manifests, subject, annotations } = schemas().index.parse(json);
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
