import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import { noCredentials, openDispatchers, RegistryClient } from '../registry/index.ts';
import {
  defaultSettings,
  fixText,
  mendedOnline,
  openLookUp,
  type FixedOnline,
  type LockedInputs,
} from './index.ts';

const index = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [],
});
const [main, tag, other] = ['a', 'b', 'c'].map(letter => letter.repeat(40));
const packet = (line: string) => (line.length + 4).toString(16).padStart(4, '0') + line;
const refs = [
  packet('# service=git-upload-pack\n'),
  '0000',
  packet(`${main} HEAD\0symref=HEAD:refs/heads/main\n`),
  packet(`${main} refs/heads/main\n`),
  packet(`${other} refs/heads/both\n`),
  packet(`${main} refs/tags/both\n`),
  packet(`${other} refs/tags/v1\n`),
  packet(`${tag} refs/tags/v1^{}\n`),
  '0000',
].join('');

let asked: string[] = [];
const answer: RequestListener = ({ url = '' }, response) => {
  asked.push(url);
  if (url === '/v2/') response.end('{}');
  else if (url === '/v2/team/a/manifests/1')
    response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' }).end(index);
  else if (url === '/moved') response.writeHead(302, { location: '/file' }).end();
  else if (url === '/file') response.end('content');
  else if (url.startsWith('/r.git/info/refs')) response.end(refs);
  else response.writeHead(404).end();
};

describe('--fix --online', () => {
  let server: Server;
  let host = '';
  beforeAll(async () => {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  async function fixed(text: string, locked?: LockedInputs): Promise<FixedOnline> {
    asked = [];
    const registry = await RegistryClient.open({
      env: {},
      homeDirectory: '/nonexistent',
      credentials: noCredentials,
      plainHttp: [host],
      attempts: 1,
    });
    const dispatchers = await openDispatchers({});
    try {
      const lookUp = await openLookUp(registry, dispatchers);
      const context = { hasFile: () => false, ...(locked && { locked }) };
      const own = text.replaceAll('HOST', host);
      return await mendedOnline(context, lookUp, known => fixText(own, 'Dockerfile', defaultSettings, known));
    } finally {
      await registry.close();
      await dispatchers.close();
    }
  }

  it.each<[what: string, before: string, after: string]>([
    [
      'digests',
      'ARG B=HOST/team/a:1\nFROM $B AS b\nFROM HOST/team/a:1\n',
      `ARG B=HOST/team/a:1@${sha256(index)}\nFROM $B AS b\nFROM HOST/team/a:1@${sha256(index)}\n`,
    ],
    [
      'checksums',
      'FROM scratch\nADD http://HOST/moved /\n',
      `FROM scratch\nADD --checksum=${sha256('content')} http://HOST/moved /\n`,
    ],
    [
      'commits of branches',
      'FROM scratch\nADD http://HOST/r.git#main:d /\n',
      `FROM scratch\nADD http://HOST/r.git#${main}:d /\n`,
    ],
    [
      'commits of tags',
      'FROM scratch\nADD http://HOST/r.git#v1 /\n',
      `FROM scratch\nADD http://HOST/r.git#${tag} /\n`,
    ],
    [
      'commits of nothing more',
      'FROM scratch\nADD http://HOST/r.git /\n',
      `FROM scratch\nADD http://HOST/r.git#${main} /\n`,
    ],
    [
      'nothing where a name means two',
      'FROM scratch\nADD http://HOST/r.git#both /\n',
      'FROM scratch\nADD http://HOST/r.git#both /\n',
    ],
  ])('writes %s', async (_what, before, after) => {
    const { text, failed } = await fixed(before);
    expect(text).toBe(after.replaceAll('HOST', host));
    expect(failed).toEqual([]);
  });

  it('asks once, and not for what is firm, unknown or in the lock', async () => {
    await fixed('FROM HOST/team/a:1 AS b\nFROM HOST/team/a:1 AS c\n');
    expect(asked.filter(url => url.includes('manifests'))).toHaveLength(1);
    const locked = {
      builds: () => [],
      hasImage: () => true,
      imageDigest: () => sha256('locked'),
      fileDigest: () => undefined,
      commit: () => undefined,
    };
    const { text } = await fixed(
      'ARG X\nFROM HOST/team/a:1\nFROM HOST/team/${X}\nFROM HOST/team/b@sha256:0\n',
      locked,
    );
    expect(text).toContain(`team/a:1@${sha256('locked')}\n`);
    const ofStore = { ...locked, imageDigest: () => undefined };
    expect((await fixed('FROM HOST/team/a:1\n', ofStore)).text).toBe(`FROM ${host}/team/a:1\n`);
    expect(asked).toEqual([]);
  });

  it('says what nobody knows, and goes on', async () => {
    const { text, failed } = await fixed(
      'FROM HOST/team/gone:1 AS b\nFROM scratch\nADD http://HOST/gone /\nADD http://HOST/file /\n',
    );
    expect(failed.map(({ name }) => name)).toEqual([`${host}/team/gone:1`, `http://${host}/gone`]);
    expect(text).toContain(`--checksum=${sha256('content')} `);
  });
});
