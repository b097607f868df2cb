import { expect, test } from 'vitest';
import { sha256 } from '../../core/index.ts';
import { parseTransport } from './parse.ts';

const app = { domain: 'docker.io', path: 'team/app' };

test.each([
  ['docker://team/app', { kind: 'docker', reference: app }],
  [`docker://team/app@${sha256('')}`, { kind: 'docker', reference: { ...app, digest: sha256('') } }],
  ['oci:out', { kind: 'oci', directory: 'out' }],
  ['oci:/a b/out:1.0', { kind: 'oci', directory: '/a b/out', tag: '1.0' }],
  ['docker-daemon:team/app', { kind: 'docker-daemon', reference: { ...app, tag: 'latest' } }],
  ['oci:out:team/app:1.0', { kind: 'oci', directory: 'out', tag: 'team/app:1.0' }],
  ['oci-archive:out.tar:x', { kind: 'oci-archive', file: 'out.tar', tag: 'x' }],
  ['docker-archive:out.tar', { kind: 'docker-archive', file: 'out.tar' }],
  [
    'docker-archive:out.tar:team/app',
    { kind: 'docker-archive', file: 'out.tar', reference: { ...app, tag: 'latest' } },
  ],
  [
    'docker-archive:./out.tar:team/app:2',
    { kind: 'docker-archive', file: './out.tar', reference: { ...app, tag: '2' } },
  ],
])('%s', (text, transport) => {
  expect(parseTransport(text)).toEqual(transport);
});

test.each([
  ['team/app', 'TRANSPORT_INVALID'],
  ['', 'TRANSPORT_INVALID'],
  ['docker:team/app', 'TRANSPORT_INVALID'],
  ['docker:///app', 'REFERENCE_INVALID'],
  ['docker-daemon:', 'REFERENCE_INVALID'],
  ['oci:', 'TRANSPORT_INVALID'],
  ['oci::x', 'TRANSPORT_INVALID'],
  ['oci:out:', 'TRANSPORT_INVALID'],
  ['oci:out:a b', 'TRANSPORT_INVALID'],
  ['oci-archive', 'TRANSPORT_INVALID'],
  ['docker-archive:out.tar:Team', 'REFERENCE_INVALID'],
  [`docker-archive:out.tar:team/app@${sha256('')}`, 'TRANSPORT_INVALID'],
])('%j is refused: %s', (text, code) => {
  expect(() => parseTransport(text)).toThrow(expect.objectContaining({ code, exit: 2 }));
});
