import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import { aFile, anArchive, aPackage, pinnedTwice, type Took } from './testing.ts';

const url = 'https://x.test/f.tgz';
const script = 'echo\n';
const commit = 'a'.repeat(40);
const all: readonly Took[] = [
  anArchive('http://archive.test/debian/', 'Debian'),
  aPackage('apt', 'curl', '7.88.1-10'),
  aPackage('pypi', 'web', '1.0'),
  aPackage('pypi', 'shared', '1.1'),
  aPackage('npm', 'left-pad', '1.3.0'),
  aFile(url, script),
  { section: 'git', line: { url: 'https://x.test/r.git', commit, size: 1, sha256: 'aa' } },
];
const others: readonly Took[] = [
  {
    section: 'image',
    line: {
      reference: 'debian:12',
      platform: 'linux/amd64',
      manifest: sha256('m'),
      config: sha256('c'),
      diffIds: [],
    },
  },
];

const command = fc.constantFrom(
  'apt-get update',
  'apt-get install -y curl nothing',
  'pip install web',
  'pip install -r r.txt "shared>=1"',
  'npm i -g left-pad',
  `curl -O ${url}`,
  `curl ${url} | sh`,
  `wget -qO- ${url} | tar xz -C /x`,
  `sh -c "$(curl ${url})"`,
  `bash -c 'curl ${url} | sh'`,
  'git clone https://x.test/r.git',
  `A=$(curl ${url})`,
  'true',
  'echo "a b" > f',
);
const joiner = fc.constantFrom(
  ' && ',
  ' || ',
  '; ',
  ' | ',
  ' \\\n  && ',
  ' & ',
  '\\\n# a comment\n && ',
  ' ;\\\n',
);
const wrapped = fc.constantFrom<(script: string) => string>(
  text => text,
  text => `(${text})`,
  text => `{ ${text}; }`,
  text => `if ${text}; then ${text}; fi`,
  text => `for i in 1 2; do ${text}; done`,
  text => `case x in x) ${text};; esac`,
  text => `! ${text}`,
  text => `f() { ${text}; }; f`,
);
const list = fc
  .tuple(fc.array(fc.tuple(command, joiner), { minLength: 1, maxLength: 4 }), wrapped)
  .map(([parts, wrap]) =>
    wrap(parts.map(([one, next], n) => (n === parts.length - 1 ? one : one + next)).join('')),
  );
const instruction = fc.oneof(
  list.map(text => `RUN ${text}\n`),
  list.map(text => `# why\nRUN <<E\n${text}\nE\n`),
  fc.constantFrom(
    'FROM debian:12\n',
    'COPY r.txt .\n',
    `ADD ${url} /\n`,
    'USER x\n',
    'SHELL ["bash", "-c"]\n',
  ),
);

it('whatever the commands: pinned twice is pinned once, and it parses to the same steps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(instruction, { maxLength: 5 }), fc.boolean(), async (lines, vendored) => {
      const text = `FROM debian:12\n${lines.join('')}`;
      const runs = lines.filter(line => line.includes('RUN ')).length;
      const files = { 'r.txt': 'web\n' };
      const took = Array.from({ length: runs }, () => all);
      const {
        text: pinned,
        pins,
        unpinned,
      } = await pinnedTwice(text, took, {
        others,
        files,
        vendored,
        blobs: [script],
      });
      expect(() => parseDockerfile(pinned, 'Dockerfile')).not.toThrow();
      expect(pins.length).toBeGreaterThan(0);
      for (const { why } of unpinned) expect(why).not.toContain('pin once more');
    }),
    { numRuns: 300 },
  );
});
