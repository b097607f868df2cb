import { expect, test } from 'vitest';
import { familiarReference, parseReference, withDefaultTag } from '../registry/index.ts';
import { parseOutput, type Output } from './output-fields.ts';

const names = [withDefaultTag(parseReference('app:1'))];

function shown(output: Output): string {
  if (output.kind === 'local') return `local ${output.directory}`;
  const end = 'stdout' in output ? ' to stdout' : '';
  if (output.kind === 'tar') return `tar ${output.file}${end}`;
  const { transport, byDigest = false } = output;
  const place = 'file' in transport ? transport.file : 'directory' in transport ? transport.directory : '';
  const reference = 'reference' in transport ? transport.reference : undefined;
  const tag = 'tag' in transport ? `:${transport.tag}` : '';
  const name = reference === undefined ? '' : familiarReference(reference);
  return `${transport.kind} ${place}${tag}${name}${byDigest ? ' by digest' : ''}${end}`;
}

test.each([
  ['out', ['local out']],
  ['type=local,dest=out', ['local out']],
  ['"type=local","dest=a,b"', ['local a,b']],
  ['-', ['tar - to stdout']],
  ['type=tar', ['tar  to stdout']],
  ['type=tar,dest=f', ['tar f']],
  ['type=oci,dest=f', ['oci-archive f:1']],
  ['type=oci,dest=-', ['oci-archive -:1 to stdout']],
  ['type=oci,dest=d,tar=false', ['oci d:1']],
  ['type=docker', ['docker-daemon app:1']],
  ['type=docker,dest=f', ['docker-archive fapp:1']],
  ['type=docker,dest=f,name=b:2', ['docker-archive fb:2']],
  ['type=registry', ['docker app:1']],
  ['type=registry,"name=a.test/x,a.test/y:2"', ['docker a.test/x:latest', 'docker a.test/y:2']],
  ['type=image,push=true,unpack=true,compression=gzip', ['docker app:1']],
  [
    'type=image,name=a.test/x,push-by-digest=true,name-canonical=true,push=true',
    ['docker a.test/x:latest by digest'],
  ],
  ['type=image,push=false', []],
  ['type=cacheonly', []],
  ['oci:d:2', ['oci d:2']],
])('%s', (text, expected) => {
  expect(parseOutput(text, names).outputs.map(shown)).toEqual(expected);
});

test('names for the store, and annotations, among the fields', () => {
  expect(parseOutput('type=image,name=b:2', names).names.map(familiarReference)).toEqual(['b:2']);
  const text = 'type=image,annotation.a=1,annotation-index.b=2,annotation-manifest[linux/amd64].c=3';
  expect(parseOutput(text, names).annotations).toEqual([
    'manifest:a=1',
    'index:b=2',
    'manifest[linux/amd64]:c=3',
  ]);
});

test.each([
  ['type=local', 'needs dest'],
  ['type=oci,tar=false', 'needs dest'],
  ['type=nothing', 'no type nothing'],
  ['type=oci,dest=f,compression=zstd', 'always gzip'],
  ['type=image,registry.insecure=true', 'always false'],
  ['type=local,dest=d,other=1', '"other" is nothing'],
  ['type=image,name=a.test/x:1,push-by-digest=true,push=true', 'not pushed by digest'],
])('%s is refused', (text, why) => {
  expect(() => parseOutput(text, names)).toThrow(why);
});

test('a registry needs a name', () => {
  expect(() => parseOutput('type=registry', [])).toThrow('needs a name');
});
