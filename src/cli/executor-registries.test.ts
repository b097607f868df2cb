import { expect, test } from 'vitest';
import { registriesFrom } from './executor-registries.ts';

test('mirrors are those of Docker Hub, and what is mapped is of any registry', () => {
  const { mirrors } = registriesFrom({
    registryMirror: ['mirror.example.org', 'second.example.org/hub'],
    registryMap: ['index.docker.io=third.example.org;gcr.io=g.example.org/copies', 'quay.io=q.example.org'],
  });
  expect(mirrors).toEqual([
    {
      prefix: 'docker.io',
      mirrors: [
        { location: 'mirror.example.org' },
        { location: 'second.example.org/hub' },
        { location: 'third.example.org' },
      ],
    },
    { prefix: 'gcr.io', mirrors: [{ location: 'g.example.org/copies' }] },
    { prefix: 'quay.io', mirrors: [{ location: 'q.example.org' }] },
  ]);
});

test('--insecure is for the destinations, and a switch may be given as false', () => {
  const destination = ['r.example.org:5000/app:1', 'second.example.org/app'];
  const insecureRegistry = ['pull.example.org'];
  expect(registriesFrom({ destination, insecure: true, insecureRegistry }).plainHttp).toEqual([
    'pull.example.org',
    'r.example.org:5000',
    'second.example.org',
  ]);
  expect(registriesFrom({ destination, insecure: 'false' }).plainHttp).toEqual([]);
  expect(registriesFrom({ skipDefaultRegistryFallback: true }).onlyMirrors).toBe(true);
  expect(registriesFrom({}).onlyMirrors).toBe(false);
});

test('a certificate is one host’s', () => {
  const { roots } = registriesFrom({ registryCertificate: ['r.example.org=/certs/ca.pem'] });
  expect(roots).toEqual(new Map([['r.example.org', '/certs/ca.pem']]));
  for (const text of ['r.example.org', '=x', 'x='])
    expect(() => registriesFrom({ registryCertificate: [text] })).toThrow(
      expect.objectContaining({ code: 'EXECUTOR_FLAG', exit: 2 }),
    );
});
