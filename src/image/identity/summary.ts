import { formatPlatform, type Platform } from '../../core/index.ts';
import {
  isContainerImage,
  readDocument,
  readImage,
  repositoryName,
  type Content,
  type CopySource,
} from '../../registry/index.ts';
import { parseImageConfig } from '../config.ts';

/** What `skopeo inspect` says of an image, in its words; of an index its platforms, too. */
export interface ImageSummary {
  readonly Name?: string | undefined;
  /** Of the manifest or index that the name stands for. */
  readonly Digest: string;
  readonly MediaType: string;
  readonly RepoTags?: readonly string[] | undefined;
  readonly Platforms?: readonly string[] | undefined;
  readonly ArtifactType?: string | undefined;
  readonly Created?: string | null;
  readonly DockerVersion?: string | undefined;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Architecture?: string;
  readonly Os?: string;
  readonly Layers: readonly string[];
  readonly LayersData: readonly {
    readonly MIMEType: string;
    readonly Digest: string;
    readonly Size: number;
    readonly Annotations: Readonly<Record<string, string>> | null;
  }[];
  readonly Env?: readonly string[];
}

/**
 * The image that a place names; of an index the one for `platform`.
 * @throws HoldfastError REGISTRY_NO_PLATFORM (exit 5), IMAGE_CONFIG_INVALID (exit 4), and what the source throws
 */
export async function imageSummary(
  source: CopySource,
  platform: Platform,
  tags: readonly string[] | undefined,
): Promise<ImageSummary> {
  const root = await source.root();
  const top = readDocument(root.bytes, root.descriptor.mediaType, source.name);
  const image = await readImage(source, platform);
  const { layers, artifactType } = image.document;
  const head = {
    Name: source.repository && repositoryName(source.repository),
    Digest: root.descriptor.digest,
    MediaType: root.descriptor.mediaType,
    RepoTags: tags,
    Platforms: top.kind === 'index' ? platformsOf(top.manifests) : undefined,
  };
  const body = { Layers: layers.map(({ digest }) => digest), LayersData: layers.map(layerData) };
  if (!isContainerImage(image)) return { ...head, ArtifactType: artifactType, ...body };
  const config = parseImageConfig(image.config);
  const version = config['docker_version'];
  return {
    ...head,
    Created: config.created ?? null,
    DockerVersion: typeof version === 'string' ? version : '',
    Labels: config.config?.Labels ?? null,
    Architecture: config.architecture,
    Os: config.os,
    ...body,
    Env: config.config?.Env ?? [],
  };
}

function platformsOf(entries: readonly Content[]): string[] {
  return entries.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : [],
  );
}

function layerData({ mediaType, digest, size, annotations }: Content) {
  return { MIMEType: mediaType, Digest: digest, Size: size, Annotations: annotations ?? null };
}
