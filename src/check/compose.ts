import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMap, isScalar, parseDocument, type Document, type Pair } from 'yaml';
import { Source, type SourceRange } from '../dockerfile/index.ts';
import type { Analysis } from './analysis.ts';
import { findingsIn } from './findings-in.ts';
import type { FileResult, Unread } from './finding.ts';
import { type ImageUse, imageUse } from './image-use.ts';
import type { RuleContext } from './rule.ts';
import { type CheckSettings, chosenRules } from './settings.ts';

/** What a compose file says of images and builds; the rest of its language does not matter here. */
interface ComposeFile {
  readonly images: readonly ImageUse[];
  /** Dockerfiles of the services' builds, from the compose file's directory. */
  readonly dockerfiles: readonly string[];
  readonly unread: readonly Unread[];
}

const imageRules = ['image-tag', 'image-digest', 'image-digest-alone', 'image-unknown'];

/** Looks at the images of the services that are not built. Never throws for what the text holds. */
export function checkCompose(
  text: string,
  file: string,
  settings: CheckSettings,
  context: RuleContext,
): FileResult {
  const { images, unread } = readCompose(text, file);
  const directives = { escape: '\\' } as const;
  const dockerfile = { file, text, directives, metaArgs: [], stages: [], warnings: [] };
  const analysis: Analysis = { dockerfile, stages: [], images, runs: [], requests: [] };
  const chosen = chosenRules(settings).filter(([{ id }]) => imageRules.includes(id));
  return { file, findings: findingsIn(analysis, chosen, context), unread };
}

/** The Dockerfiles that compose files build and that are there. */
export function composeDockerfiles(paths: readonly string[]): string[] {
  return paths.flatMap(path => {
    const { dockerfiles } = readCompose(readFileSync(path, 'utf8'), path);
    const found = dockerfiles.map(dockerfile => join(dirname(path), dockerfile));
    return found.filter(one => statSync(one, { throwIfNoEntry: false })?.isFile() === true);
  });
}

function readCompose(text: string, file: string): ComposeFile {
  const source = new Source(text, file);
  const document = parseDocument(text, { version: '1.2', merge: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const reason = `it is no YAML: ${error.message.split('\n')[0] ?? ''}`;
    return { images: [], dockerfiles: [], unread: [{ reason, range: source.range(...error.pos) }] };
  }
  const services = servicesOf(document).map(({ value }) => serviceOf(value, source));
  return {
    images: services.flatMap(({ image }) => image ?? []),
    dockerfiles: services.flatMap(({ dockerfile }) => dockerfile ?? []),
    unread: services.flatMap(({ unread }) => unread ?? []),
  };
}

function servicesOf({ contents }: Document): readonly Pair[] {
  const services = isMap(contents) ? contents.get('services') : undefined;
  return isMap(services) ? services.items : [];
}

interface Service {
  readonly image?: ImageUse;
  readonly dockerfile?: string;
  readonly unread?: Unread;
}

function serviceOf(service: unknown, source: Source): Service {
  if (!isMap(service)) return {};
  const build: unknown = service.get('build', true);
  if (isScalar(build)) return { dockerfile: join(interpolated(String(build.value)).text, 'Dockerfile') };
  if (isMap(build)) {
    const inline: unknown = build.get('dockerfile_inline', true);
    if (isScalar(inline))
      return {
        unread: {
          reason: 'a Dockerfile inside a compose file is not looked at',
          range: rangeOf(inline, source),
        },
      };
    const [context, dockerfile] = [build.get('context'), build.get('dockerfile')].map(value =>
      typeof value === 'string' ? interpolated(value).text : undefined,
    );
    return { dockerfile: join(context ?? '.', dockerfile ?? 'Dockerfile') };
  }
  const image: unknown = service.get('image', true);
  if (!isScalar(image) || typeof image.value !== 'string') return {};
  const range = rangeOf(image, source);
  const use = imageUse('from', { text: image.value, range }, interpolated(image.value), undefined);
  if (use === undefined) return {};
  // Fixes are for Dockerfiles: nothing is said to be written here.
  const { written: _written, ...rest } = use;
  return { image: rest };
}

function rangeOf({ range }: { range?: readonly number[] | null }, source: Source): SourceRange {
  const [start = 0, end = start] = range ?? [];
  return source.range(start, end);
}

/** Compose specification, "Interpolation": defaults count, other variables are not known. */
function interpolated(text: string): { text: string; known: boolean } {
  let known = true;
  const result = text.replaceAll(
    /\$(?:\$|(\w+)|\{(\w+)(?::?[-?]([^}]*))?\})/g,
    (whole, plain, braced, fallback) => {
      if (whole === '$$') return '$';
      if (typeof fallback === 'string' && whole.includes('-')) return fallback;
      known = false;
      return `\${${String(plain ?? braced)}}`;
    },
  );
  return { text: result, known };
}
