import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import type { Platform } from '../src/core/index.ts';

const emulators: Readonly<Record<string, string>> = { arm64: 'qemu-aarch64', amd64: 'qemu-x86_64' };

/**
 * A command line that starts another one where the kernel runs a platform's programs by qemu: in a user namespace with
 * a binfmt_misc of its own (Linux 6.7), so that nothing of the machine is changed. Or the reason why that cannot be.
 */
export function withEmulator({ architecture }: Platform): string[] | string {
  const rule = ruleOf(emulators[architecture] ?? '');
  if (rule === undefined) return `qemu-user-static for ${architecture} is not installed`;
  const inside = `
until [ -e "$0/go" ]; do sleep 0.01; done
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && printf %s "$1" > /proc/sys/fs/binfmt_misc/register || exit 125
shift
exec "$@"`;
  // Root may map all ids, which no option of unshare(1) does without an entry in /etc/subuid.
  const outside = `
go=$(mktemp -d) && trap 'rm -r "$go"' EXIT
unshare --user --mount sh -c "$0" "$go" "$@" <&0 &
until [ "$(readlink /proc/$!/ns/user)" != "$(readlink /proc/$$/ns/user)" ]; do sleep 0.01; done
echo 0 0 65536 > /proc/$!/uid_map && echo 0 0 65536 > /proc/$!/gid_map && touch "$go/go"
wait $!`;
  const command =
    process.getuid?.() === 0
      ? ['sh', '-c', outside, inside, rule]
      : [
          'unshare',
          '--user',
          '--map-root-user',
          '--map-auto',
          '--mount',
          'sh',
          '-c',
          inside.replace(/^until.*$/m, ''),
          '',
          rule,
        ];
  const [file = '', ...args] = command;
  const { status, stderr } = spawnSync(file, [...args, 'true'], { timeout: 10_000 });
  return status === 0
    ? command
    : `a user namespace cannot have a binfmt_misc here: ${stderr.toString().trim()}`;
}

/** As the Debian package of qemu registers it: binfmt.d(5). */
function ruleOf(emulator: string): string | undefined {
  try {
    return readFileSync(`/usr/lib/binfmt.d/${emulator}.conf`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
