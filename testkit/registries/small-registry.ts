import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listening, stopped, type SeenRequest } from './servers.ts';

/** What a registry asks of whoever comes without the right `Authorization`, and what it lets pass. */
export interface Guard {
  /** @returns whether the request may pass. Otherwise it has been answered. */
  admits(access: AccessRequest, response: ServerResponse): boolean;
}

export interface AccessRequest {
  readonly method: string;
  readonly url: URL;
  /** Of the request; empty for `/v2/`. */
  readonly repository: string;
  /** `pull`, or `push` for whatever changes something. */
  readonly action: 'pull' | 'push';
  readonly authorization: string | undefined;
}

export interface SmallRegistryOptions {
  readonly guard?: Guard | undefined;
  /** Where blobs are redirected to, if not served here. @returns an absolute URL */
  readonly blobUrl?: ((digest: string) => string) | undefined;
  /** Whether a repository must exist before it is pushed to; these do. */
  readonly repositories?: readonly string[] | undefined;
  /** The path of an upload, with NAME for its repository and ID at its end. */
  readonly uploadPath?: string | undefined;
  /** Answers what is no part of the API. @returns whether it did */
  readonly beside?: ((request: BesideRequest, response: ServerResponse) => boolean) | undefined;
}

export interface BesideRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: string;
}

/**
 * A registry that keeps what it is given in memory, as far as clients that push and pull need it (distribution-spec),
 * and writes down every request. It believes nothing: digests of what it is given are checked, and a manifest whose
 * blobs it has not is refused.
 */
export class SmallRegistry {
  readonly requests: SeenRequest[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly #server: Server;
  readonly #options: SmallRegistryOptions;
  /** `REPOSITORY DIGEST` of blobs that were put or mounted there. */
  readonly #linked = new Set<string>();
  readonly #manifests = new Map<string, { type: string; bytes: Buffer }>();
  readonly #uploads = new Map<string, { readonly repository: string; readonly chunks: Buffer[] }>();

  private constructor(options: SmallRegistryOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('error', () => undefined);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(request, Buffer.concat(chunks), response));
    });
  }

  static async start(options: SmallRegistryOptions = {}): Promise<SmallRegistry> {
    const registry = new SmallRegistry(options);
    await listening(registry.#server);
    return registry;
  }

  /** `127.0.0.1:PORT`, as in references. */
  get domain(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  /** How many requests there were of a method and path. */
  count(method: string, path: RegExp): number {
    return this.requests.filter(request => request.method === method && path.test(request.url)).length;
  }

  close(): Promise<void> {
    return stopped(this.#server);
  }

  #answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { method = '', url: target = '', headers } = request;
    this.requests.push({ method, url: target, headers });
    const url = new URL(target, `http://${this.domain}`);
    const { authorization } = headers;
    if (this.#options.beside?.({ method, url, authorization, body: body.toString() }, response)) return;
    const upload = this.#uploads.get(url.pathname.split('/').at(-1) ?? '');
    const [, name = '', kind = '', rest = ''] =
      /^\/v2\/(.+)\/(blobs|manifests)\/(.+)?$/.exec(url.pathname) ?? [];
    const repository = upload?.repository ?? name;
    const action = method === 'GET' || method === 'HEAD' ? 'pull' : 'push';
    const access = { method, url, repository, action, authorization } as const;
    if (this.#options.guard?.admits(access, response) === false) return;
    if (url.pathname === '/v2/') return void response.end('{}');
    const known = this.#options.repositories;
    if (repository === '' || (known !== undefined && !known.includes(repository)))
      return refuse(response, 404, 'NAME_UNKNOWN');
    if (upload !== undefined) this.#upload(method, url, upload, body, response);
    else if (kind === 'manifests')
      this.#manifest(method, repository, rest, body, headers['content-type'], response);
    else if (method === 'POST') this.#begin(repository, url, response);
    else this.#blob(method, repository, rest, response);
  }

  #blob(method: string, repository: string, digest: string, response: ServerResponse): void {
    const bytes = this.#linked.has(`${repository} ${digest}`) ? this.blobs.get(digest) : undefined;
    if (bytes === undefined) return refuse(response, 404, 'BLOB_UNKNOWN');
    const { blobUrl } = this.#options;
    if (method === 'GET' && blobUrl !== undefined)
      return void response.writeHead(307, { location: blobUrl(digest) }).end();
    response.writeHead(200, { 'content-length': bytes.byteLength, 'docker-content-digest': digest });
    response.end(method === 'HEAD' ? undefined : bytes);
  }

  #begin(repository: string, url: URL, response: ServerResponse): void {
    const { uploadPath = '/v2/NAME/blobs/uploads/ID' } = this.#options;
    const mount = url.searchParams.get('mount') ?? '';
    if (this.#linked.has(`${url.searchParams.get('from')} ${mount}`)) {
      this.#linked.add(`${repository} ${mount}`);
      return void response.writeHead(201, { location: `/v2/${repository}/blobs/${mount}` }).end();
    }
    const id = randomUUID();
    this.#uploads.set(id, { repository, chunks: [] });
    const location = uploadPath.replace('NAME', repository).replace('ID', id);
    response.writeHead(202, { location }).end();
  }

  #upload(
    method: string,
    url: URL,
    { repository, chunks }: { readonly repository: string; readonly chunks: Buffer[] },
    body: Buffer,
    response: ServerResponse,
  ): void {
    chunks.push(body);
    if (method === 'PATCH') return void response.writeHead(202, { location: url.pathname }).end();
    this.#uploads.delete(url.pathname.split('/').at(-1) ?? '');
    const bytes = Buffer.concat(chunks);
    const digest = url.searchParams.get('digest') ?? '';
    if (digestOf(bytes) !== digest) return refuse(response, 400, 'DIGEST_INVALID');
    this.blobs.set(digest, bytes);
    this.#linked.add(`${repository} ${digest}`);
    response.writeHead(201, { location: `/v2/${repository}/blobs/${digest}` }).end();
  }

  #manifest(
    method: string,
    repository: string,
    name: string,
    body: Buffer,
    type = '',
    response: ServerResponse,
  ): void {
    if (method === 'PUT') {
      if (body.byteLength > 4 * 1024 * 1024) return refuse(response, 413, 'SIZE_INVALID');
      if (!this.#isComplete(repository, body)) return refuse(response, 400, 'MANIFEST_BLOB_UNKNOWN');
      const digest = digestOf(body);
      for (const key of [name, digest]) this.#manifests.set(`${repository} ${key}`, { type, bytes: body });
      return void response.writeHead(201, { 'docker-content-digest': digest }).end();
    }
    const found = this.#manifests.get(`${repository} ${name}`);
    if (found === undefined) return refuse(response, 404, 'MANIFEST_UNKNOWN');
    response.writeHead(200, {
      'content-type': found.type,
      'content-length': found.bytes.byteLength,
      'docker-content-digest': digestOf(found.bytes),
    });
    response.end(method === 'HEAD' ? undefined : found.bytes);
  }

  #isComplete(repository: string, body: Buffer): boolean {
    const {
      config,
      layers = [],
      manifests = [],
    } = JSON.parse(body.toString()) as {
      config?: { digest: string };
      layers?: { digest: string }[];
      manifests?: { digest: string }[];
    };
    const blobs = [...(config ? [config] : []), ...layers];
    return (
      blobs.every(({ digest }) => this.#linked.has(`${repository} ${digest}`)) &&
      manifests.every(({ digest }) => this.#manifests.has(`${repository} ${digest}`))
    );
  }
}

/** distribution-spec, "Error Codes". */
export function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
