import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadCompose } from '../compose/index.ts';
import { serviceGrants, serviceNotes } from './service-work.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-service-work-'));
afterAll(() => rmSync(directory, { recursive: true }));

function compose(text: string) {
  writeFileSync(join(directory, 'compose.yaml'), text);
  return loadCompose({ directory, files: [], environment: {} });
}

function grants(text: string) {
  const project = compose(text);
  const options = { progress: 'auto', secret: ['id=own,env=OWN'], addHost: ['x:1.1.1.1'] } as const;
  return serviceGrants(project, [...project.services.values()], options);
}

describe('what the builds of a compose project are lent', () => {
  it('is written as options take it, for all services together', () => {
    expect(
      grants(`services:
  a: { build: { secrets: [token], ssh: [default], extra_hosts: ["db:10.0.0.1"] } }
  b: { build: { secrets: [{ source: key, target: id_key }, token], ssh: [default], pull: true } }
secrets:
  token: { environment: TOKEN }
  key: { file: 'a "b", c' }
`),
    ).toEqual({
      secret: ['"id=token","env=TOKEN"', `"id=id_key","src=${directory}/a ""b"", c"`, 'id=own,env=OWN'],
      ssh: ['default'],
      allow: [],
      addHost: ['db:10.0.0.1', 'x:1.1.1.1'],
      pull: true,
    });
  });

  it.each([
    ['services:\n  a: { build: { secrets: [no] } }\n', 'is not under secrets'],
    ['services:\n  a: { build: { secrets: [s] } }\nsecrets: { s: { external: true } }\n', 'is external'],
    [
      'services:\n  a: { build: { secrets: [s] } }\n  b: { build: { secrets: [{ source: t, target: s }] } }\nsecrets: { s: { file: s }, t: { file: t } }\n',
      'is t in one service and s in another',
    ],
  ])('%j is refused', (text, why) => {
    expect(() => grants(text)).toThrow(why);
    expect(() => grants(text)).toThrow(expect.objectContaining({ code: 'COMPOSE_SECRET' }));
  });

  it('is told of where it is passed over', () => {
    const project = compose('services:\n  a: { build: { network: none, args: { A: "$B" } } }\n');
    expect(serviceNotes(project, [...project.services.values()])).toEqual([
      'compose.yaml:2: the variable B is not set, and taken to be empty',
      'services.a.build.network is not used here',
    ]);
  });
});
