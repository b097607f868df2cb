import { distributionNamed, isProjectName, normalName } from './file-name.ts';
import { startTags } from './html.ts';
import { mediaTypes, type SimpleForm } from './simple-api.ts';

/** What an index page says of a file. */
export interface LinkedFile {
  /** Absolute, without fragment. */
  readonly url: URL;
  readonly name: string;
  /** In lower case hex. */
  readonly sha256: string | undefined;
}

export interface ProjectPage {
  /** Normalised; nothing on the page that lists the projects. */
  readonly project: string | undefined;
  readonly files: readonly LinkedFile[];
}

/** The file of a project as PEP 691 and its successors have it; nothing else of it is certain. */
export type FileRecord = Readonly<Record<string, unknown>> & {
  readonly filename: string;
  readonly url: string;
};

/** A project's page in the JSON form. Members that this does not know of are kept. */
export type ProjectRecord = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly files: readonly FileRecord[];
};

/** Reads an index page of any form; nothing where it is no such page. */
export function readPage(body: Buffer, mediaType: string, url: string): ProjectPage | undefined {
  if (mediaType === mediaTypes.json) return readJsonPage(body, url);
  if (mediaType === mediaTypes.html) return readHtmlPage(body, url, 'html');
  return mediaType === mediaTypes.legacy ? readHtmlPage(body, url, 'legacy') : undefined;
}

function readJsonPage(body: Buffer, url: string): ProjectPage | undefined {
  const document = jsonOf(body);
  if (!isRecord(document)) return undefined;
  if (Array.isArray(document['projects']) && isVersion1(document)) return { project: undefined, files: [] };
  const record = projectRecord(document);
  if (record === undefined) return undefined;
  const files = record.files.flatMap(({ filename, url: href, hashes }) => {
    const target = resolved(href, url);
    if (target === undefined) return [];
    return [{ url: target, name: filename, sha256: hexDigest(isRecord(hashes) ? hashes['sha256'] : '') }];
  });
  return { project: normalName(record.name), files };
}

/** A page in the JSON form, version 1 of the API; nothing where it is none. */
export function readProjectRecord(body: Buffer): ProjectRecord | undefined {
  const document = jsonOf(body);
  return isRecord(document) ? projectRecord(document) : undefined;
}

function projectRecord(document: Readonly<Record<string, unknown>>): ProjectRecord | undefined {
  const { name, files } = document;
  if (!isVersion1(document) || typeof name !== 'string' || !isProjectName(name)) return undefined;
  if (!Array.isArray(files) || !files.every(isFileRecord)) return undefined;
  return { ...document, name, files };
}

function isFileRecord(value: unknown): value is FileRecord {
  return isRecord(value) && typeof value['filename'] === 'string' && typeof value['url'] === 'string';
}

/** PEP 629: a client reads what has its own major version. */
function isVersion1({ meta }: Readonly<Record<string, unknown>>): boolean {
  return isRecord(meta) && /^1\.\d+$/.test(String(meta['api-version']));
}

/**
 * PEP 503. A page of links has no media type that tells it from others, so it is one only where it links files of the
 * project that its URL names.
 */
function readHtmlPage(body: Buffer, url: string, form: SimpleForm): ProjectPage | undefined {
  const project = projectOf(url);
  const tags = startTags(body.toString('utf8'), ['a', 'base']);
  const baseHref = tags.find(({ name }) => name === 'base')?.attributes.get('href');
  const base = (baseHref === undefined ? undefined : resolved(baseHref, url)?.href) ?? url;
  const files = tags.flatMap(({ name, attributes }) => {
    const href = attributes.get('href');
    const target = name === 'a' && href !== undefined ? resolved(href, base) : undefined;
    if (target === undefined) return [];
    const sha256 = hexDigest(/^#sha256=(.*)$/s.exec(fragmentOf(href ?? ''))?.[1]);
    return [{ url: target, name: lastSegment(target.href) ?? '', sha256 }];
  });
  if (form === 'html') return { project, files: project === undefined ? [] : files };
  const own =
    project !== undefined && files.some(file => distributionNamed(file.name, project) !== undefined);
  return own ? { project, files } : undefined;
}

/** The project that a page's URL names: its last part, in whatever spelling. */
export function projectOf(url: string): string | undefined {
  const path = pathOf(url).replace(/\/(?:index\.html)?$/, '');
  const part = percentDecoded(path.slice(path.lastIndexOf('/') + 1));
  return part !== undefined && isProjectName(part) ? normalName(part) : undefined;
}

/** The last part of a URL's path, decoded; nothing where it is not rightly encoded. */
export function lastSegment(url: string): string | undefined {
  const path = pathOf(url);
  return percentDecoded(path.slice(path.lastIndexOf('/') + 1));
}

function pathOf(url: string): string {
  return URL.parse(url)?.pathname ?? '';
}

export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function resolved(href: string, base: string): URL | undefined {
  const url = URL.parse(href.trim(), base);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  url.hash = '';
  return url;
}

function fragmentOf(href: string): string {
  const hash = href.indexOf('#');
  return hash === -1 ? '' : href.slice(hash);
}

function hexDigest(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
