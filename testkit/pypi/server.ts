import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSdist, buildWheel, type BuiltFile, type ReleaseSpec } from './distribution.ts';
import { htmlPage, jsonPage, rootPage, type IndexedFile } from './pages.ts';

export interface Release extends ReleaseSpec {
  /** RFC 3339. */
  readonly uploadTime?: string;
  /** The default is a wheel and an sdist; `old-sdist` has the project's own spelling in its name. */
  readonly files?: readonly ('wheel' | 'sdist' | 'old-sdist')[];
  /** PEP 592; a text is the reason. */
  readonly yanked?: boolean | string;
}

export interface IndexOptions {
  /** False: an index that is older than PEP 691. */
  readonly json?: boolean;
  /** False: an index that is older than PEP 700. */
  readonly times?: boolean;
}

export interface SeenRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly accept: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const jsonType = 'application/vnd.pypi.simple.v1+json';
const htmlType = 'application/vnd.pypi.simple.v1+html';

/**
 * A Python package index with a past: what was uploaded by `now` is there, and nothing else. It speaks the simple
 * repository API over HTTP on the loopback; all links are relative, so it may have any name.
 */
export class PypiIndex {
  /** Requests since the start, in order. */
  readonly requests: SeenRequest[] = [];
  /** What the index takes for the present; without it, all that was added is there. */
  now: Date | undefined;
  readonly #projects = new Map<string, { spelling: string; files: IndexedFile[] }>();
  readonly #server: Server;
  readonly #json: boolean;
  readonly #times: boolean;

  private constructor(server: Server, { json = true, times = true }: IndexOptions) {
    this.#server = server;
    this.#json = json;
    this.#times = times;
  }

  static async start(options: IndexOptions = {}): Promise<PypiIndex> {
    const server = createServer();
    const index = new PypiIndex(server, options);
    server.on('request', (request, response) => {
      const { method = '', url = '/', headers } = request;
      index.requests.push({ method, url, accept: headers.accept });
      send(request, response, index.#answer(url.replace(/[?#].*$/s, ''), headers.accept));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return index;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What `--index-url` takes. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/simple/`;
  }

  /** Uploads the files of a release. */
  add(project: string, version: string, release: Release = {}): void {
    const { files = ['wheel', 'sdist'], yanked = false, uploadTime, requiresPython } = release;
    const entry = this.#projects.get(normalised(project)) ?? { spelling: project, files: [] };
    this.#projects.set(normalised(project), entry);
    for (const kind of files) {
      const { name: filename, bytes, metadata } = built(kind, project, version, release);
      entry.files.push({
        version,
        filename,
        bytes,
        sha256: sha256(bytes),
        ...(metadata && { metadata: { bytes: metadata, sha256: sha256(metadata) } }),
        ...(requiresPython !== undefined && { requiresPython }),
        yanked,
        uploadTime: new Date(uploadTime ?? '2026-01-01T00:00:00Z'),
      });
    }
  }

  /** Takes a release back (PEP 592): its files stay for who asks for this very version. */
  yank(project: string, version: string): void {
    const entry = this.#projects.get(normalised(project));
    if (entry === undefined) return;
    entry.files = entry.files.map(file => (file.version === version ? { ...file, yanked: true } : file));
  }

  /** Deletes a release: nobody gets it any more. */
  remove(project: string, version: string): void {
    const entry = this.#projects.get(normalised(project));
    if (entry !== undefined) entry.files = entry.files.filter(file => file.version !== version);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(path: string, accept: string | undefined): Answer {
    const [, top, first, second, ...rest] = path.split('/').map(safelyDecoded);
    if (rest.length > 0) return notFound;
    if (top === 'files' && second !== undefined) return this.#file(first ?? '', second);
    if (top !== 'simple' || first === undefined) return notFound;
    if (first === '') return this.#page(accept, [...this.#projects.keys()]);
    const project = normalised(first);
    if (second !== '' || first !== project) return redirect(`/simple/${encodeURIComponent(project)}/`);
    return this.#projects.has(project) ? this.#page(accept, project) : notFound;
  }

  #page(accept: string | undefined, what: string | readonly string[]): Answer {
    const type = this.#json ? chosenType(accept) : 'text/html';
    if (type === undefined) return { status: 406, headers: {}, body: Buffer.from('Not Acceptable\n') };
    const isJson = type === jsonType;
    let body: string;
    if (typeof what === 'string') {
      const files = this.#shown(what);
      if (files.length === 0) return notFound;
      body = isJson ? JSON.stringify(jsonPage(what, files, this.#times)) : htmlPage(what, files);
    } else {
      const meta = { 'api-version': this.#times ? '1.1' : '1.0' };
      const projects = what.filter(name => this.#shown(name).length > 0);
      body = isJson
        ? JSON.stringify({ meta, projects: projects.map(name => ({ name })) })
        : rootPage(projects);
    }
    return {
      status: 200,
      headers: { 'content-type': isJson ? type : `${type}; charset=UTF-8`, vary: 'Accept' },
      body: Buffer.from(body),
    };
  }

  #file(digest: string, name: string): Answer {
    const all = [...this.#projects.keys()].flatMap(project => this.#shown(project));
    const wanted = name.replace(/\.metadata$/, '');
    const file = all.find(one => one.filename === wanted && one.sha256.startsWith(digest));
    const bytes = wanted === name ? file?.bytes : file?.metadata?.bytes;
    if (bytes === undefined) return notFound;
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes };
  }

  #shown(project: string): IndexedFile[] {
    const files = this.#projects.get(project)?.files ?? [];
    const { now } = this;
    return now === undefined ? files : files.filter(({ uploadTime }) => uploadTime <= now);
  }
}

function built(
  kind: 'wheel' | 'sdist' | 'old-sdist',
  project: string,
  version: string,
  release: ReleaseSpec,
): BuiltFile {
  switch (kind) {
    case 'wheel':
      return buildWheel(project, version, release);
    case 'sdist':
      return buildSdist(project, version, release);
    case 'old-sdist':
      return buildSdist(project, version, release, `${project}-${version}`);
  }
}

/** PEP 691's server-driven negotiation; whoever says nothing gets what browsers get. */
function chosenType(accept = '*/*'): string | undefined {
  const wishes = accept.split(',').map(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim());
    const q = parameters.find(one => one.startsWith('q='));
    return { type, q: q === undefined ? 1 : Number(q.slice(2)) };
  });
  const offers = ['text/html', htmlType, jsonType].map(type => {
    const match = wishes.find(wish => wish.type === type) ?? wishes.find(wish => wish.type === '*/*');
    return { type, q: match?.q ?? 0 };
  });
  const best = offers.reduce((a, b) => (b.q > a.q ? b : a));
  return best.q > 0 ? best.type : undefined;
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const etag = `"${sha256(answer.body).slice(0, 32)}"`;
  if (answer.status === 200 && request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  const { status, headers, body } = answer;
  response.writeHead(status, { ...headers, 'content-length': body.length, ...(status === 200 && { etag }) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const notFound: Answer = {
  status: 404,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from('404 Not Found\n'),
};

function redirect(location: string): Answer {
  return { status: 301, headers: { location }, body: Buffer.alloc(0) };
}

function normalised(project: string): string {
  return project.replaceAll(/[-_.]+/g, '-').toLowerCase();
}

function safelyDecoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
