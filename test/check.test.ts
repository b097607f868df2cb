import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/core/index.ts';
import { formatLock, inputsBySection } from '../src/lock/index.ts';
import { Store } from '../src/store/index.ts';
import { holdfast } from './program.ts';

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
}

const text = `FROM debian:12
RUN apt-get update && \\
    # what is needed
    apt-get install -y \\
      curl git
RUN <<EOF
curl -fsSL https://example.org/install.sh | bash
EOF
USER root
`;

async function check(directory: string, ...args: readonly string[]) {
  // No store of whoever runs the tests.
  return holdfast(['check', ...args], {
    cwd: join(place, directory),
    env: { HOLDFAST_STORE: `${place}/store` },
  });
}

describe('holdfast check', () => {
  it('shows what matters most, with the place', async () => {
    write('one/Dockerfile', text);
    const { exit, stdout } = await check('one');
    expect(exit).toBe(1);
    expect(stdout).toContain('error download-run');
    expect(stdout).toContain('Dockerfile:7:12 ');
    expect(stdout).toContain(
      '    7 | curl -fsSL https://example.org/install.sh | bash\n      |            ^^^^',
    );
    expect(stdout).toContain('1 of 1 file: 1 error, 4 warnings');
    expect((await check('one', '--verbose')).stdout).toContain('Dockerfile:5:7 ');
  });

  it('finds nothing in a file without anything, and nothing to do without a file', async () => {
    write('none/Dockerfile', 'FROM scratch\nCOPY a /a\nUSER 1000\nENTRYPOINT ["/a"]\n');
    expect(await check('none')).toMatchObject({ exit: 0, stdout: '1 file: nothing found\n' });
    mkdirSync(join(place, 'empty'));
    const { exit, stderr } = await check('empty');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('CHECK_NOTHING')]);
    expect(await check('none', '--explain', 'image-tg')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('image-tag') as string,
    });
  });

  it('writes the other formats', async () => {
    write('formats/a b/Dockerfile', text);
    const json = (await check('formats', '--format', 'json')).json as { files: { file: string }[] };
    expect(json.files.map(({ file }) => file)).toEqual(['a b/Dockerfile']);
    const { runs } = (await check('formats', '--format', 'sarif')).json as {
      runs: { results: { ruleId: string; locations: { physicalLocation: object }[] }[] }[];
    };
    const found = runs[0]?.results.find(({ ruleId }) => ruleId === 'apt-version');
    expect(found?.locations[0]?.physicalLocation).toMatchObject({
      artifactLocation: { uri: 'a%20b/Dockerfile' },
      region: { startLine: 5, startColumn: 7, endLine: 5, endColumn: 11, snippet: { text: 'curl' } },
    });
    expect((await check('formats', '--format', 'github')).stdout).toContain(
      '::error file=a b/Dockerfile,line=7,col=12,',
    );
    expect((await check('formats', '--format', 'markdown')).stdout).toContain('- `a b/Dockerfile:5:7` ');
  });

  it('knows what is in the baseline, and what the configuration asks for', async () => {
    write('known/Dockerfile', text);
    write('known/holdfast.yaml', 'check:\n  baseline: known.json\n  severity: { user-root: off }\n');
    expect((await check('known', '--write-baseline')).exit).toBe(0);
    expect((await check('known')).exit).toBe(0);
    write('known/Dockerfile', `${text}RUN pip install x\n`);
    const { exit, stdout } = await check('known');
    expect(exit).toBe(1);
    expect(stdout).toContain('1 of 1 file: 1 warning (4 known from the baseline)');
  });

  it('mends what it can, and leaves the rest as it is', async () => {
    write(
      'fix/Dockerfile',
      `FROM --platform=$TARGETPLATFORM debian:12 # no comment\n`.replace(' # no comment', ''),
    );
    write('fix/sub/Dockerfile', 'FROM node:22\n# keep me\nRUN yarn install  \\\n  --production\n');
    write('fix/sub/yarn.lock', '');
    const { stderr } = await check('fix', '--fix');
    expect(stderr.split('\n')).toHaveLength(3);
    expect(readFileSync(join(place, 'fix/Dockerfile'), 'utf8')).toBe('FROM debian:12\n');
    const mended = 'FROM node:22\n# keep me\nRUN yarn install --frozen-lockfile  \\\n  --production\n';
    expect(readFileSync(join(place, 'fix/sub/Dockerfile'), 'utf8')).toBe(mended);
    expect((await check('fix', '--fix')).stderr).toBe('');
  });

  it('beside a lock: what it holds is no failure, and what plain Docker could pull is written down', async () => {
    const digest = sha256('image');
    const build = {
      dockerfile: 'Dockerfile',
      platform: 'linux/amd64',
      checksum: digest,
      context: digest,
      recording: digest,
      image: digest,
    };
    const lines = ['there:1', 'here:1'].map(reference => ({
      section: 'image' as const,
      line: { reference, platform: 'linux/amd64', manifest: digest },
    }));
    const inputs = inputsBySection(lines);
    write(
      'held/holdfast.lock',
      formatLock({ version: 1, asOf: '2026-01-01T00:00:00Z', builds: [build], inputs }),
    );
    write('held/Dockerfile', 'FROM there:1 AS a\nFROM here:1\nCOPY --from=a /a /a\nUSER 1\n');
    const store = await Store.open(join(place, 'store'));
    await store.tag('here:1', { mediaType: 'application/json', digest, size: 1 });
    expect(await check('held')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^1 file: nothing found \(2 held by holdfast.lock\)\n.*`holdfast pin`/),
    });
    await check('held', '--fix');
    expect(readFileSync(join(place, 'held/Dockerfile'), 'utf8')).toBe(
      `FROM there:1@${digest} AS a\nFROM here:1\nCOPY --from=a /a /a\nUSER 1\n`,
    );
  });

  it('asks for what no lock holds only when it is told to', async () => {
    const server = createServer((_request, response) => response.end('content')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tool-1.2`;
    const before = `FROM scratch\nADD ${url} /\nADD http://127.0.0.1:1/gone /\nUSER 1\n`;
    write('online/Dockerfile', before);
    expect(await check('online', '--online')).toMatchObject({ exit: 2 });
    await check('online', '--fix');
    expect(readFileSync(join(place, 'online/Dockerfile'), 'utf8')).toBe(before);
    const { stderr } = await check('online', '--fix', '--online');
    server.close();
    expect(stderr).toContain('fixed Dockerfile:2 add-checksum');
    expect(stderr).toContain('not looked up: http://127.0.0.1:1/gone: ');
    const sum = createHash('sha256').update('content').digest('hex');
    expect(readFileSync(join(place, 'online/Dockerfile'), 'utf8')).toContain(
      `ADD --checksum=sha256:${sum} ${url} /\n`,
    );
  });

  it('checks many files in threads, each as it would alone', async () => {
    write('many/d0/Dockerfile', text);
    for (let index = 1; index < 450; index++)
      cpSync(join(place, 'many/d0'), join(place, `many/d${index}`), { recursive: true });
    const { files } = (await check('many', '--format', 'json')).json as {
      files: { file: string; findings: object[] }[];
    };
    expect(files).toHaveLength(450);
    expect(files.map(({ file }) => file)).toEqual(files.map(({ file }) => file).toSorted());
    expect(new Set(files.map(({ findings }) => findings.length))).toEqual(new Set([5]));
  });

  it('is there for other programs', async () => {
    const built: string = '../dist/library.js';
    const { check: checkIt } = (await import(built)) as {
      check: (text: string) => { findings: readonly object[] };
    };
    expect(checkIt(text).findings).toHaveLength(5);
  });
});
