import { closeSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Closes the files that whoever started this program left open to it. A step would inherit them, and a directory of
 * the host would be a way out of the sandbox. Node itself opens all with O_CLOEXEC; what lacks the flag, standard
 * streams aside, was inherited. Not done earlier than the first step: `-f <(command)` is such a file too.
 */
export function closeInheritedFiles(): void {
  for (const file of readdirSync('/proc/self/fd').map(Number)) {
    if (file > 2 && !closesOnExec(file)) closeSync(file);
  }
}

function closesOnExec(file: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'latin1'))?.[1];
    return (Number.parseInt(flags ?? '0', 8) & 0o2000000) !== 0;
  } catch {
    // The descriptor with which the directory was read is gone by now.
    return true;
  }
}
