// The image of `# syntax=` is never run, and what its name stands for is told of as that of any other.
import { expect, test } from 'vitest';
import { Store } from '../src/store/index.ts';
import { lockedImage, makeWorld } from './world.ts';

test('a frontend of # syntax that moved is told of by outdated, update and explain', async () => {
  const own = await makeWorld();
  try {
    await own.tinyBase();
    const store = await Store.open(own.store);
    const name = 'docker.io/frontend/dockerfile:1';
    const shown = 'frontend/dockerfile:1';
    // Names in the store come before registries, for frontends too.
    const stands = async (text: string) => {
      const manifest = await store.put(text);
      await store.tag(shown, { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest });
      return manifest.digest;
    };
    const old = await stands('{"old":1}');
    await own.write({
      Dockerfile: `# syntax=${name}\nFROM tiny:1\nRUN echo made > /made\n`,
      'holdfast.yaml': 'advisories: {osv: [], debian: [], alpine: [], npm: []}\n',
    });
    await own.succeed('lock');
    const image = lockedImage(await own.readLock());
    expect((await own.succeed('explain', ['1'])).stdout).toBe(
      `frontend ${name}\n  given     ${old}\n  asked by  Dockerfile:1  # syntax=${name}\n`,
    );
    expect((await own.run('outdated')).exit).toBe(0);

    const now = await stands('{"new":1}');
    const told = await own.run('outdated');
    expect(told.exit).toBe(1);
    expect(told.stdout).toContain(`${name} (# syntax)  ${old.slice(7, 19)} → ${now.slice(7, 19)}`);
    const kept = await own.succeed('update', ['--json', '--only', 'tiny:1']);
    expect(kept.json).toMatchObject({ written: false, changes: [] });
    const moved = await own.succeed('update', ['--json', '--only', name]);
    expect(moved.json).toMatchObject({
      written: true,
      changes: [
        {
          section: 'frontend',
          name,
          what: 'moved',
          from: [old],
          to: [now],
          askedBy: [{ file: 'Dockerfile', line: 1 }],
        },
      ],
    });
    const lock = await own.readLock();
    expect([lock.includes(now), lockedImage(lock)]).toEqual([true, image]);
  } finally {
    await own.close();
  }
});
