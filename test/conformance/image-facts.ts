import type { Case, ImageFacts } from './case.ts';
import { filesOf, treeDifference, treeLines } from './image-tree.ts';

/** An image as any builder leaves it. */
export interface BuiltImage {
  /** The image configuration's JSON. */
  readonly config: unknown;
  /** Uncompressed, from the bottom. */
  readonly layers: readonly (() => AsyncIterable<Uint8Array>)[];
}

/** What is compared of an image that was built from a case. */
export async function factsOf(
  { config, layers }: BuiltImage,
  base: BuiltImage,
  { dated, history }: Pick<Case, 'dated' | 'history'>,
): Promise<ImageFacts> {
  const onBase = diffIds(config)[0] === diffIds(base.config)[0];
  const below = onBase ? treeLines(await filesOf(base.layers.map(layer => layer()))) : {};
  const tree = treeLines(await filesOf(layers.map(layer => layer())), dated);
  return {
    tree: treeDifference(below, tree),
    config: configFacts(config),
    ...(history === true && { history: historyOf(config).slice(onBase ? historyOf(base.config).length : 0) }),
  };
}

interface ImageDocument {
  readonly author?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly rootfs?: { readonly diff_ids?: readonly string[] | null };
  readonly history?: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
}

function historyOf(document: unknown): string[] {
  const { history = [] } = document as ImageDocument;
  return history.map(
    ({ created_by: by = '', empty_layer: empty }) => `${by}${empty === true ? ' (no layer)' : ''}`,
  );
}

export const diffIds = (config: unknown) => (config as ImageDocument).rootfs?.diff_ids ?? [];

/** OCI image-spec config.md and the Docker image specification; what else is there tells of the builder. */
const compared = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'Healthcheck',
  'OnBuild',
  'Shell',
];

function configFacts(document: unknown): Record<string, unknown> {
  const { author = '', config = {} } = document as ImageDocument;
  const facts = compared.map(name => [name, comparable(name, config[name])] as const);
  return Object.fromEntries([...facts, ['author', author] as const].filter(([, value]) => !isNothing(value)));
}

function comparable(name: string, value: unknown): unknown {
  if (name === 'WorkingDir' && value === '/') return ''; // The same, written down or not.
  if (name === 'ExposedPorts' || name === 'Volumes') return Object.keys(value ?? {}).toSorted();
  if (name === 'Labels') {
    const labels = Object.entries(value ?? {}).filter(([label]) => label !== 'io.buildah.version');
    return Object.fromEntries(labels.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }
  return value;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
