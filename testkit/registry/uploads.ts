import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail } from './answers.ts';
import type { StrictOptions } from './strict-registry.ts';
import { digestOf, type RepositoryState, type Upload } from './state.ts';

/** One request to `/v2/<name>/blobs/uploads/…`. */
export interface UploadRequest {
  readonly name: string;
  readonly repository: RepositoryState;
  /** Of the upload, or nothing where one is begun. */
  readonly id: string;
  readonly url: URL;
  readonly options: StrictOptions;
  /** Another repository of this registry. */
  readonly other: (name: string) => RepositoryState;
  readonly violation: (text: string) => void;
}

/** distribution-spec, "Push": POST, PATCH, PUT, GET and DELETE of upload sessions. */
export async function serveUpload(
  asked: UploadRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { repository, id, url, violation } = asked;
  if (id === '') return begin(asked, request, response);
  const upload = repository.uploads.get(id);
  if (upload === undefined) return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  if (
    request.method !== 'DELETE' &&
    request.method !== 'GET' &&
    url.searchParams.get('state') !== upload.token
  ) {
    violation(`a location was not used as it was given: ${url.search}`);
    return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  }
  switch (request.method ?? 'GET') {
    case 'GET':
      return answer(asked, response, 204, upload);
    case 'DELETE':
      repository.uploads.delete(id);
      response.writeHead(204).end();
      return;
    case 'PATCH':
      if (!checkedChunk(asked, request, response, upload)) return;
      if (await takeIn(request, upload)) answer(asked, response, 202, upload);
      return;
    case 'PUT':
      if (
        asked.options.wholeLimit !== undefined &&
        Number(request.headers['content-length']) > asked.options.wholeLimit
      ) {
        request.resume();
        return fail(response, 413, 'SIZE_INVALID');
      }
      if (request.headers['content-length'] === undefined) violation('a PUT of a blob has no length');
      if (await takeIn(request, upload)) finish(asked, response, upload);
      return;
    default:
      fail(response, 405, 'UNSUPPORTED');
  }
}

function begin(asked: UploadRequest, request: IncomingMessage, response: ServerResponse): void {
  const { repository, url, options, other, name } = asked;
  request.resume();
  const mount = url.searchParams.get('mount');
  const from = url.searchParams.get('from');
  if (mount !== null && from !== null && options.mount !== false) {
    const bytes = other(from).blobs.get(mount);
    if (bytes) {
      repository.blobs.set(mount, bytes);
      response.writeHead(201, { location: `/v2/${name}/blobs/${mount}`, 'content-length': 0 }).end();
      return;
    }
  }
  const id = randomUUID();
  const upload = { bytes: Buffer.alloc(0), token: '' };
  repository.uploads.set(id, upload);
  answer({ ...asked, id }, response, 202, upload);
}

/** The location of the next step, which no other will do for. */
function answer(
  { name, id, options }: UploadRequest,
  response: ServerResponse,
  status: number,
  upload: Upload,
) {
  upload.token = randomBytes(6).toString('hex');
  const size = upload.bytes.byteLength;
  response.writeHead(status, {
    location: `/v2/${name}/blobs/uploads/${id}?state=${upload.token}`,
    'content-length': 0,
    ...(size > 0 && { range: `0-${size - 1}` }),
    ...(options.smallestChunk !== undefined && { 'oci-chunk-min-length': options.smallestChunk }),
  });
  response.end();
}

/** distribution-spec, "Pushing a blob in chunks": in order, with length and range, none too small but the last. */
function checkedChunk(
  { violation, options }: UploadRequest,
  request: IncomingMessage,
  response: ServerResponse,
  upload: Upload,
): boolean {
  const { 'content-range': range = '', 'content-length': length } = request.headers;
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range) ?? [];
  if (length === undefined || first === undefined)
    violation(`a chunk without length or range: "${range}", "${length}"`);
  if (Number(last) - Number(first) + 1 !== Number(length)) violation(`${range} is not ${length} bytes`);
  if (upload.bytes.byteLength % (options.smallestChunk ?? 1) !== 0)
    violation('a chunk before the last was no whole one');
  if (Number(first) === upload.bytes.byteLength) return true;
  request.resume();
  fail(response, 416, 'RANGE_INVALID');
  return false;
}

/** Keeps what came, even of a request that breaks: the client may ask how far it got. */
async function takeIn(request: IncomingMessage, upload: Upload): Promise<boolean> {
  const chunks: Buffer[] = [upload.bytes];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return request.complete;
  } catch {
    return false;
  } finally {
    upload.bytes = Buffer.concat(chunks);
  }
}

function finish(asked: UploadRequest, response: ServerResponse, { bytes }: Upload): void {
  const { repository, id, url, name, violation } = asked;
  const digest = url.searchParams.get('digest') ?? '';
  if (digestOf(bytes, digest) !== digest) {
    violation(`an upload of ${bytes.byteLength} bytes was closed that is not ${digest}`);
    repository.uploads.delete(id);
    return fail(response, 400, 'DIGEST_INVALID');
  }
  repository.uploads.delete(id);
  repository.blobs.set(digest, bytes);
  const location = `/v2/${name}/blobs/${digest}`;
  response.writeHead(201, { location, 'docker-content-digest': digest, 'content-length': 0 }).end();
}
