import { byteString, bytesOf } from '../filesystem/byte-string.ts';
import { emptied, gone, same } from './outcomes.ts';
import type { Rule, RuleContext, RuleFile, RuleOutcome } from './rules.ts';

const secondsADay = 86_400;

/** What apt, dpkg, ldconfig, systemd and the shadow tools leave behind. */
export const debianRules: readonly Rule[] = [
  {
    id: 'package-logs',
    what: 'the logs of dpkg, update-alternatives and apt are emptied',
    why: 'they hold the time of each action; the files stay, with owner and mode, for what rotates or follows them',
    paths: /^var\/log\/(?:dpkg\.log|alternatives\.log|apt\/.+)$/,
    apply: emptied,
  },
  {
    id: 'setup-logs',
    what: 'the log of munin-node-configure is emptied',
    why: 'its first line says when the package was set up; the file stays, with owner and mode, for what rotates or follows it',
    paths: /^var\/log\/munin\/munin-node-configure\.log$/,
    apply: emptied,
  },
  {
    id: 'apt-cache',
    what: "apt's binary caches are removed",
    why: 'they hold times and addresses of memory; apt makes them again when it needs them',
    paths: /^var\/cache\/apt\/(?:src)?pkgcache\.bin$/,
    apply: () => gone,
  },
  {
    id: 'ldconfig-cache',
    what: "ldconfig's auxiliary cache is removed",
    why: 'it holds inode numbers and times; ldconfig makes it again, and the loader does not read it',
    paths: /^var\/cache\/ldconfig\/aux-cache$/,
    apply: () => gone,
  },
  {
    id: 'machine-id',
    what: 'a machine id that a step made is emptied, the one of D-Bus removed',
    why: 'it is random and must differ between machines; systemd fills an empty file at boot, D-Bus refuses one',
    paths: /^(?:etc|var\/lib\/dbus)\/machine-id$/,
    apply: machineId,
  },
  {
    id: 'shadow-days',
    what: 'days of the last password change after the source date become the source date',
    why: 'useradd writes the current day where it is not told the date',
    paths: /^etc\/shadow-?$/,
    apply: shadowDays,
  },
];

function machineId(file: RuleFile): RuleOutcome {
  if (file.type !== 'file' || file.size > 40 || !/^[0-9a-f]{32}\n?$/.test(file.read().toString('latin1')))
    return same;
  return file.path.startsWith('etc/') ? emptied(file) : gone;
}

/** shadow(5): the third field counts days since 1970. Lines that the image had before are not the step's. */
function shadowDays(file: RuleFile, { sourceDate }: RuleContext): RuleOutcome {
  if (file.type !== 'file') return same;
  const today = Math.floor(sourceDate / secondsADay);
  const before = new Set(byteString(file.readBelow() ?? Buffer.alloc(0)).split('\n'));
  const content = byteString(file.read());
  const lines = content.split('\n').map(line => {
    if (before.has(line)) return line;
    return line.replace(/^([^:]*:[^:]*:)(\d+)(?=:)/, (whole, start: string, days: string) =>
      Number(days) > today ? `${start}${today}` : whole,
    );
  });
  const changed = lines.join('\n');
  return changed === content ? same : { kind: 'content', content: bytesOf(changed) };
}
