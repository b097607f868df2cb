import { afterAll, describe, expect, it } from 'vitest';
import { parseEnvFile, type EnvFormat } from './env-file.ts';
import { loaded, removeProjects } from './testing.ts';

afterAll(removeProjects);

const read = (text: string, format: EnvFormat = 'default') =>
  Object.fromEntries(parseEnvFile(text, '.env', name => (name === 'OUTER' ? 'outer' : undefined), format));

describe('an env file', () => {
  it.each([
    ['A=1\nB = 2 \nexport C=3\nD: 4\n', { A: '1', B: '2', C: '3', D: '4' }],
    ['\uFEFF# note\n\n  A=1 # more\nB=a#b\nC=\n', { A: '1', B: 'a#b', C: '' }],
    ['A="x # y" # z\nB=\'x # y\'\n', { A: 'x # y', B: 'x # y' }],
    ['A="one\ntwo"\nB=3\n', { A: 'one\ntwo', B: '3' }],
    ['A="a\\tb\\n\\"q\\" \\\\ \\$X"\n', { A: 'a\tb\n"q" \\ $X' }],
    ["A='a\\tb it\\'s $X'\n", { A: "a\\tb it's $X" }],
    ['A=a\\tb\n', { A: 'a\\tb' }],
    [
      'A=1\nB=$A-${MISSING:-d}-$OUTER\nC="${B}"\nD=\'$A\'\nE=$$A\n',
      { A: '1', B: '1-d-outer', C: '1-d-outer', D: '$A', E: '$A' },
    ],
    ['OUTER\nMISSING\nA=1\n', { OUTER: 'outer', A: '1' }],
    ['A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
    ['1A=x\n=y\nA.b-c=1\n', { 'A.b-c': '1' }],
    ['A="\\0101"\n', { A: 'A' }],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    ['A=1\nB="open\nC=2\n', 2],
    ['A=1\n\n%=2\n', 3],
    ['A B=1\n', 1],
    ['A=${\n', 1],
  ])('%j is refused at its line', (text, line) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'ENV_FILE_INVALID', where: { file: '.env', line } }),
    );
  });

  it('in the raw format holds every value as it stands', () => {
    expect(read('# note\nA="q" # x\n B=$A\nOUTER\n', 'raw')).toEqual({
      A: '"q" # x',
      B: '$A',
      OUTER: 'outer',
    });
    expect(() => read('A B=1\n', 'raw')).toThrow(expect.objectContaining({ code: 'ENV_FILE_INVALID' }));
  });
});

describe('the environment of a service', () => {
  const files = {
    'a.env': 'A=a\nB=a\nC=$A\n',
    'b.env': "B='b'\n",
    'compose.yaml': `services:
  one: { image: x, env_file: a.env, environment: [B=own, OUTER, GONE] }
  two:
    image: x
    env_file: [a.env, { path: b.env, format: raw }, { path: absent.env, required: false }]
    environment: { C: , D: 1 }
  three: { image: x, env_file: absent.env }
`,
  };
  const { services } = loaded(files, { environment: { OUTER: 'outer' } });
  const environmentOf = (name: string) => Object.fromEntries(services.get(name)?.environment() ?? []);

  it('is that of its files, then its own', () => {
    expect(environmentOf('one')).toEqual({ A: 'a', B: 'own', C: 'a', OUTER: 'outer' });
    expect(environmentOf('two')).toEqual({ A: 'a', B: "'b'", D: '1' });
  });

  it('lacks a file only when it is asked for', () => {
    expect(() => environmentOf('three')).toThrow(
      expect.objectContaining({
        code: 'COMPOSE_FILE_MISSING',
        where: { file: 'compose.yaml', line: 7, column: 32 },
      }),
    );
  });
});
