import type { ArchiveFiles, Compression } from './archive.ts';

/**
 * One Dockerfile, and what it is about. Most are checked against what BuildKit and buildah made of it, as
 * `goldens/` holds it; `expect` is for what the releases that Debian has cannot build.
 */
export interface Case {
  readonly name: string;
  readonly dockerfile: string;
  /** The context, by path. The Dockerfile is beside it, unless `dockerfilePath` puts it inside. */
  readonly files?: Readonly<Record<string, ContextFile>>;
  readonly dockerfilePath?: string;
  /** What `--build-arg` gives. */
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** By id, what `--secret` gives. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of the files in the image whose dates count too. */
  readonly dated?: readonly string[];
  /** Whether the history counts too. */
  readonly history?: boolean;
  /** The rows of buildah's conformance suite, or tests of BuildKit, that ask the same. */
  readonly of?: readonly string[];
  /** Whose result counts, where it is not BuildKit's: the beginning of the oracle's name. */
  readonly by?: 'buildah';
  /** Where what the case is about are the files that the oracles leave themselves, and are else left out. */
  readonly keepsStubs?: boolean;
  /** How our build fails; the others' must fail as well. */
  readonly code?: string;
  /** Where no builder here knows the feature: what the reference of the Dockerfile says must come out. */
  readonly expect?: Partial<ImageFacts>;
  /** Where ours differs on purpose: why, and what stands in place of the golden's lines (`undefined`: no such line). */
  readonly ours?: {
    readonly why: string;
    readonly tree?: Readonly<Record<string, string | undefined>>;
    readonly config?: Readonly<Record<string, unknown>>;
    readonly history?: readonly string[];
    readonly fails?: boolean;
  };
}

/** What an image is, as far as the suite compares it. */
export interface ImageFacts {
  /** What differs from the base, by path, as `image-tree.ts` writes it. */
  readonly tree: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** What made the image of its base, and ` (no layer)` where it changed no file; where the case asks for it. */
  readonly history?: readonly string[];
}

export type Outcome = ImageFacts | { readonly fails: string };

/** With the diff IDs of the image's layers, where there is one. */
export type LayersAndOutcome = Outcome & { readonly layers?: readonly string[] };

/** A path that ends in a slash is a directory; text is a file of mode 0644. */
export type ContextFile =
  | string
  | { readonly link: string }
  | { readonly socket: true }
  | { readonly text: string; readonly mode?: number; readonly owner?: number; readonly xattrs?: string }
  | { readonly archive: ArchiveFiles; readonly compression?: Compression };

export const link = (target: string): ContextFile => ({ link: target });
export const executable = (text: string): ContextFile => ({ text, mode: 0o755 });
export const archive = (files: ArchiveFiles, compression?: Compression): ContextFile => ({
  archive: files,
  ...(compression && { compression }),
});

/**
 * The lines of a Dockerfile without the indentation that they share. Backslashes stand for themselves, but before
 * `${` and a backtick.
 */
export function text({ raw }: TemplateStringsArray): string {
  const lines = raw
    .join('')
    .replace(/\\([`$])/g, '$1')
    .replace(/^\n|\n *$/g, '')
    .split('\n');
  const indents = lines.filter(line => line.trim() !== '').map(line => /^ */.exec(line)?.[0].length ?? 0);
  const indent = Math.min(...indents);
  return lines.map(line => `${line.slice(indent)}\n`).join('');
}
