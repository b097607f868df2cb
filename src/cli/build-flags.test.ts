import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { otherBuildFlags } from './build-flags.ts';
import { buildCommand } from './build.ts';

test('every flag is in the table for those who come from Docker or buildah', () => {
  const page = readFileSync(new URL('../../docs/from-docker.md', import.meta.url), 'utf8');
  const missing = Object.keys(otherBuildFlags).filter(
    name => !page.includes(`\`--${name}`) && name !== 'no-tls-verify',
  );
  expect(missing).toEqual([]);
});

/** Of buildx 0.28 and buildah 1.28, by their own help. */
const options = {
  buildx:
    'add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent check debug file iidfile label load metadata-file network no-cache no-cache-filter output platform policy progress provenance pull push quiet resource sbom secret shm-size ssh tag target ulimit',
  docker:
    'compress cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems disable-content-trust force-rm isolation memory memory-swap rm security-opt squash',
  buildah:
    'all-platforms arch authfile cache-ttl cap-add cap-drop cert-dir cgroupns cpp-flag creds decryption-key device disable-compression dns dns-option dns-search env format from hooks-dir http-proxy identity-label ignorefile ipc jobs layers logfile logsplit manifest no-hosts omit-history os os-feature os-version pid retry retry-delay runtime runtime-flag sign-by skip-unused-stages stdin timestamp tls-verify unsetenv userns userns-gid-map userns-gid-map-group userns-uid-map userns-uid-map-user uts variant volume',
};

test.each(Object.entries(options))('every option of %s is known', (_, names) => {
  const program = new Command();
  buildCommand(program);
  const known = new Set(program.commands[0]?.options.map(({ long }) => long));
  expect(names.split(' ').filter(name => !known.has(`--${name}`))).toEqual([]);
});
