import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findPip, PypiIndex } from '../../../testkit/pypi/index.ts';
import { sha256, type Digest } from '../../core/index.ts';
import type { AsOfAnswer, Exchange, RootFiles } from '../index.ts';
import { pypi } from './index.ts';

// The judge is the machine's own pip.
const pip = await findPip();
if (pip === undefined) console.log('skipped: pip against as-of answers, which this machine does not have');

const asOf = new Date('2024-06-01T00:00:00Z');

/** An index that answers as of a date, and keeps what it answered, as the gateway does. */
class PastIndex {
  readonly exchanges: Exchange[] = [];
  readonly #bodies = new Map<Digest, Buffer>();
  readonly #server: Server;
  readonly #upstream: PypiIndex;
  /** What clients are made to ask for, so that one pip stands for older ones as well. */
  accept: string | undefined;

  private constructor(server: Server, upstream: PypiIndex) {
    this.#server = server;
    this.#upstream = upstream;
  }

  static async start(upstream: PypiIndex): Promise<PastIndex> {
    const server = createServer();
    const index = new PastIndex(server, upstream);
    server.on('request', (request, response) => {
      const accept = index.accept ?? request.headers.accept ?? '';
      void index.#answer(request.url ?? '/', accept).then(({ status, headers, body }) => {
        response.writeHead(status, [...headers].flat()).end(body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return index;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/simple/`;
  }

  readBody = (digest: Digest) => Promise.resolve(this.#bodies.get(digest) ?? Buffer.alloc(0));

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  async #answer(path: string, accept: string): Promise<AsOfAnswer> {
    const key = {
      method: 'GET',
      url: new URL(path, this.#upstream.url).href,
      vary: pypi.vary?.({ accept }) ?? {},
    };
    const live = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(url, { headers });
      const body = Buffer.from(await response.arrayBuffer());
      return { status: response.status, headers: Object.fromEntries(response.headers), body };
    };
    const past = await pypi.asOf?.({ key, headers: { accept } }, { asOf, fetch: live });
    const answer = past ?? present(await live(key.url, { accept }));
    const digest = sha256(answer.body);
    this.#bodies.set(digest, answer.body);
    this.exchanges.push({ key, responses: [{ ...answer, body: { digest, size: answer.body.length } }] });
    return answer;
  }
}

function present(answer: { status: number; headers: Record<string, string>; body: Buffer }): AsOfAnswer {
  return { ...answer, headers: [['content-type', answer.headers['content-type'] ?? '']] };
}

describe.skipIf(pip === undefined)('pip, against an index as it was', () => {
  let upstream: PypiIndex;
  let index: PastIndex;
  let directory: string;

  beforeAll(async () => {
    upstream = await PypiIndex.start();
    const before = { uploadTime: '2024-01-01T00:00:00Z' };
    const after = { uploadTime: '2025-01-01T00:00:00Z' };
    upstream.add('leaf', '1.0', before);
    upstream.add('leaf', '1.1', { ...before, yanked: 'a <b>' });
    upstream.add('leaf', '1.2', { ...before, requiresPython: '>=99' });
    upstream.add('leaf', '2.0', after);
    upstream.add('Tree.House', '1.0', { ...before, requires: ['leaf'] });
    upstream.add('Tree.House', '2.0', { ...after, requires: ['leaf>=2'] });
    upstream.add('toolbox', '1.0', { ...before, files: ['wheel'] });
    upstream.add('toolbox', '1.1', { ...after, files: ['wheel'] });
    const old = { buildRequires: ['toolbox'], buildImports: ['toolbox'], requires: ['tree-house'] };
    upstream.add('Old-Style', '0.1', { ...before, ...old, files: ['old-sdist'] });
    upstream.add('newcomer', '1.0', after);
  });
  afterAll(() => upstream.close());

  beforeEach(async () => {
    index = await PastIndex.start(upstream);
    directory = await mkdtemp(join(tmpdir(), 'pypi-past-'));
  });
  afterEach(async () => {
    await index.close();
    await rm(directory, { recursive: true });
  });

  async function pipRun(...args: string[]) {
    const { environment = {} } =
      pypi.client?.({
        caBundle: '',
        replaying: false,
        locked: false,
        onlyRoot: false,
        environment: {},
        made: [],
      }) ?? {};
    return (await pip?.run(args, { ...environment })) ?? { exitCode: 127, output: '' };
  }

  test.each([
    ['JSON', undefined],
    ['HTML', 'application/vnd.pypi.simple.v1+html'],
    ['HTML as a browser', 'text/html'],
  ])('takes what there was, by %s', async (_form, accept) => {
    index.accept = accept;
    const args = ['download', '--index-url', index.url, '--dest', directory, 'old-style'];
    const { exitCode, output } = await pipRun(...args);
    expect(exitCode, output).toBe(0);
    expect((await readdir(directory)).toSorted()).toEqual([
      'Old-Style-0.1.tar.gz',
      'leaf-1.0-py3-none-any.whl',
      'tree_house-1.0-py3-none-any.whl',
    ]);
    const types = index.exchanges.map(({ key }) => key.vary['accept']);
    expect(types.filter(type => type?.includes('json')).length > 0).toBe(accept === undefined);
  });

  test.each([undefined, 'text/html'])('is told that there was no such name (%s)', async accept => {
    index.accept = accept;
    const args = ['download', '--index-url', index.url, '--dest', directory, 'newcomer'];
    const { exitCode, output } = await pipRun(...args);
    expect(exitCode).toBe(1);
    expect(output).toContain('No matching distribution found for newcomer');
  });

  test('what the exchanges were is what is installed, and what the builds needed', async () => {
    const venv = join(directory, 'opt/venv');
    execFileSync(pip?.python ?? '', ['-m', 'venv', '--without-pip', venv]);
    const args = ['--python', join(venv, 'bin/python'), 'install', '--index-url', index.url, 'old-style'];
    const { exitCode, output } = await pipRun(...args);
    expect(exitCode, output).toBe(0);

    const { exchanges, readBody } = index;
    const recognise = await pypi.recogniser({ exchanges, readBody });
    const what = exchanges.map(exchange => recognise(exchange));
    expect(what).not.toContain(undefined);
    const fetched = what.flatMap(one => (one?.class === 'artefact' ? [`${one.name} ${one.version}`] : []));
    expect(new Set(fetched)).toEqual(new Set(['leaf 1.0', 'old-style 0.1', 'toolbox 1.0', 'tree-house 1.0']));
    const installed = pypi.installed?.(filesIn(directory)).map(one => `${one.name} ${one.version}`);
    expect(installed?.toSorted()).toEqual(['leaf 1.0', 'old-style 0.1', 'tree-house 1.0']);
  });
});

function filesIn(root: string): RootFiles {
  const isDirectory = (path: string) => existsSync(path) && statSync(path).isDirectory();
  const list = (path: string) =>
    isDirectory(join(root, path)) ? readdirSync(join(root, path)).toSorted() : [];
  return {
    list,
    directories: path => list(path).filter(name => isDirectory(join(root, path, name))),
    read: path => (existsSync(join(root, path)) ? readFileSync(join(root, path)) : undefined),
  };
}
