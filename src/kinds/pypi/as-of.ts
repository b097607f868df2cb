import type { AsOfAnswer, AsOfContext, NewRequest } from '../kind.ts';
import { distributionNamed, isArchiveName, normalName } from './file-name.ts';
import {
  isRecord,
  lastSegment,
  projectOf,
  readProjectRecord,
  type FileRecord,
  type ProjectRecord,
} from './page.ts';
import { htmlPage } from './render.ts';
import { mediaTypeOf, mediaTypes, negotiated, type SimpleForm } from './simple-api.ts';
import { normalVersion } from './version.ts';

/**
 * A project's page as it was on the lock's date, in the form that the client asked for; nothing where the request is
 * for no such page, or upstream does not say when files came to be (PEP 700: `upload-time`, in the JSON form only).
 * A project that had no file yet is answered with 404, as one that does not exist.
 *
 * What is told of a file besides, that it was yanked, say, is as upstream has it today: it keeps no past of that.
 */
export async function pypiAsOf(
  { key, headers }: NewRequest,
  { asOf, fetch }: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const form = formAsked(key, headers.accept ?? '');
  if (form === undefined) return undefined;
  const upstream = await fetch(key.url, { accept: mediaTypes.json });
  if (upstream.status !== 200 || mediaTypeOf(upstream.headers['content-type']) !== mediaTypes.json)
    return undefined;
  const project = readProjectRecord(upstream.body);
  if (project === undefined || !project.files.some(file => uploadTime(file) !== undefined)) return undefined;
  const files = project.files.filter(file => {
    const time = uploadTime(file);
    return time !== undefined && time <= asOf.getTime();
  });
  return files.length === 0 ? notFound() : answer(past(project, files), form);
}

function formAsked({ method, url }: NewRequest['key'], accept: string): SimpleForm | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const { pathname, search } = new URL(url);
  const file = lastSegment(url);
  if (file === undefined || isArchiveName(file) || file.endsWith('.metadata')) return undefined;
  if (search !== '' || projectOf(url) === undefined) return undefined;
  const wish = negotiated(accept);
  // Clients older than PEP 691 ask as a browser does, so that the path has to tell.
  const simple = /\/simple\/[^/]+\/?$/.test(pathname);
  return wish?.ofThisApi === true || simple ? (wish?.form ?? 'legacy') : undefined;
}

/** Milliseconds since 1970. */
function uploadTime(file: FileRecord): number | undefined {
  const value = file['upload-time'];
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** The project with some of its files, and without what counts upstream's own changes. */
function past(project: ProjectRecord, files: readonly FileRecord[]): ProjectRecord {
  const { versions, meta } = project;
  const kept = new Set(files.map(({ filename }) => versionOf(filename, project)));
  return {
    ...project,
    ...(isRecord(meta) && {
      meta: Object.fromEntries(Object.entries(meta).filter(([name]) => !name.startsWith('_'))),
    }),
    ...(Array.isArray(versions) && {
      versions: versions.filter(one => typeof one === 'string' && kept.has(normalVersion(one) ?? one)),
    }),
    files,
  };
}

function versionOf(file: string, { name }: ProjectRecord): string | undefined {
  return distributionNamed(file, normalName(name))?.version;
}

function answer(project: ProjectRecord, form: SimpleForm): AsOfAnswer {
  const { meta } = project;
  const version = isRecord(meta) ? String(meta['api-version']) : '1.0';
  const body = form === 'json' ? JSON.stringify(project) : htmlPage(project, version);
  const type = form === 'json' ? mediaTypes.json : `${mediaTypes[form]}; charset=UTF-8`;
  return { status: 200, headers: [['content-type', type]], body: Buffer.from(body) };
}

function notFound(): AsOfAnswer {
  return {
    status: 404,
    headers: [['content-type', 'text/plain; charset=UTF-8']],
    body: Buffer.from('404 Not Found\n'),
  };
}
