// Packages installed on other days, by other users, on machines with other names give one image; where that cannot be,
// verify names each file that differs, the step that wrote it, and why.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LikelyCause } from '../src/image/index.ts';
import {
  holdfast,
  lockedImage,
  makeWorld,
  printedImage,
  testUser,
  upstreamEnvironment,
  withoutNetwork,
  type RunResult,
  type World,
} from './world.ts';

const patience = 3_600_000;
const withHeavy = process.env['HOLDFAST_TEST_HEAVY'] === '1';
if (!withHeavy)
  console.log('skipped: databases, TeX, Java, Emacs and GTK; HOLDFAST_TEST_HEAVY=1 installs them');

let world: World;
const places: string[] = [];
beforeEach(async () => {
  world = await makeWorld();
  await world.debianBases(['debian:bookworm']);
});
afterEach(async () => {
  await world.close();
  for (const place of places.splice(0)) await rm(place, { recursive: true, force: true });
});

/** Nothing that these do may depend on when, where and by whom they are installed. */
const plain =
  'adduser at bc bsdextrautils bzip2 cron dbus ed fontconfig fonts-dejavu-core less logrotate make man-db openssh-client patch procps psmisc redis-server rsync rsyslog sgml-base sqlite3 sudo tcpd tree unzip whiptail xml-core zip';
const plainHeavy =
  'apache2 aspell-en ca-certificates-java default-jre-headless emacs-nox gcc git gnupg libgdk-pixbuf2.0-0 libgtk-3-0 locales munin-node nginx-light perl php-cli python3-pip ruby shared-mime-info snmpd systemd texlive-binaries unattended-upgrades uuid-runtime vim-tiny xfonts-base';

/** These make keys, ids or databases when they are installed. */
const unique = 'munge openssh-server popularity-contest ssl-cert';
const uniqueHeavy =
  'bind9 freeradius mariadb-server open-iscsi postfix postgresql rabbitmq-server slapd texlive-base varnish xrdp';

const installing = (packages: string, before = 'true') => `FROM debian:bookworm
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && ${before} && apt-get install -y --no-install-recommends ${packages}
`;

/**
 * On a single processor the clock is 400 days ahead, by which other surroundings have another day; the times of files
 * are the kernel's.
 */
const otherDay = `apt-get install -y --no-install-recommends libfaketime \
 && if [ "$(nproc)" = 1 ]; then export LD_PRELOAD='/usr/$LIB/faketime/libfaketime.so.1' FAKETIME=+400d FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1; fi \
 && date +'today is %F'`;

const dayIn = ({ stderr }: RunResult) => /today is (\d{4}-\d\d-\d\d)$/m.exec(stderr)?.[1];

/** Another host name, no network, and one processor. */
const elsewhere = ['unshare', '--net', '--uts', 'sh', '-c', 'hostname elsewhere; exec "$@"', 'sh'].concat([
  'taskset',
  '--cpu-list',
  '0',
]);

const user = testUser();

/** Copies project and store to a place of the other user, and runs a command there that has nothing cached. */
async function runElsewhere(command: string, args: readonly string[]): Promise<RunResult> {
  const root = await mkdtemp(join(tmpdir(), 'elsewhere-'));
  places.push(root);
  const [home, project, store] = [join(root, 'home'), join(root, 'project'), join(root, 'store')];
  await mkdir(home);
  await cp(world.project, project, { recursive: true });
  await cp(world.store, store, { recursive: true });
  if (user !== undefined) await promisify(execFile)('chown', ['-R', `${user}:`, root]);
  return holdfast([command, project, '--store', store, ...args], {
    cwd: home,
    env: { HOME: home },
    through: elsewhere,
    ...(user !== undefined && { user }),
  });
}

test(
  'thirty packages on another day, by another user, on another machine: one image',
  async () => {
    const packages = withHeavy ? `${plain} ${plainHeavy}` : plain;
    await world.write({ Dockerfile: installing(packages, otherDay) });
    const first = await world.succeed('lock', [], { env: upstreamEnvironment() });
    const second = await runElsewhere('build', ['--locked', '--progress', 'plain']);
    expect(second.exit, second.stderr.slice(-2000)).toBe(0);
    expect(printedImage(second)).toBe(lockedImage(await world.readLock()));
    const days = [dayIn(first), dayIn(second)];
    expect(days).not.toContain(undefined);
    // A machine with one processor has the other day each time.
    if (availableParallelism() > 1) expect(days[0]).not.toBe(days[1]);
  },
  patience,
);

/** What differs each time, and why. */
const expected: readonly (readonly [RegExp, LikelyCause])[] = [
  [/^\/etc\/ssh\/ssh_host_(?:rsa|ecdsa|ed25519)_key(?:\.pub)?$/, 'key material'],
  [/^\/etc\/ssl\/(?:certs|private)\/ssl-cert-snakeoil\.(?:pem|key)$/, 'key material'],
  [/^\/etc\/munge\/munge\.key$/, 'key material'],
  [/^\/etc\/popularity-contest\.conf$|^\/etc\/cron\.d\/popularity-contest$/, 'machine id'],
];
const expectedHeavy: typeof expected = [
  [/^\/etc\/bind\/rndc\.key$|^\/etc\/xrdp\/rsakeys\.ini$/, 'key material'],
  [/^\/etc\/varnish\/secret$/, 'key material'],
  [/^\/etc\/freeradius\/3\.0\/certs\/dh$|^\/var\/lib\/rabbitmq\/\.erlang\.cookie$/, 'key material'],
  [/^\/etc\/iscsi\/initiatorname\.iscsi$/, 'machine id'],
  [/^\/var\/lib\/(?:mysql|ldap)\/|^\/etc\/ldap\/slapd\.d\//, 'database'],
  [/^\/var\/lib\/postgresql\/15\/main\//, 'database'],
  [/^\/var\/lib\/texmf\/web2c\/.+\.(?:fmt|base)$/, 'memory dump'],
];

test(
  'keys, ids and databases: verify names each file, the step and the cause',
  async () => {
    const packages = withHeavy ? `${unique} ${uniqueHeavy}` : unique;
    await world.write({ Dockerfile: installing(packages) });
    await world.succeed('lock', [], { env: upstreamEnvironment() });
    const { exit, json, stderr } = await world.run('verify', ['--json'], { through: withoutNetwork });
    expect(exit, stderr.slice(-2000)).toBe(1);
    const { differences } = json as {
      differences: Record<'path' | 'kind' | 'step' | 'cause' | 'why', string>[];
    };
    const table = withHeavy ? [...expected, ...expectedHeavy] : expected;
    const unexpected = differences.filter(
      ({ path, cause }) => table.find(([pattern]) => pattern.test(path))?.[1] !== cause,
    );
    expect(unexpected).toEqual([]);
    const missing = table.filter(([pattern]) => !differences.some(({ path }) => pattern.test(path)));
    expect(missing).toEqual([]);
    for (const { step, why } of differences) {
      expect(step).toContain(packages);
      expect(why).not.toBe('');
    }
  },
  patience,
);
