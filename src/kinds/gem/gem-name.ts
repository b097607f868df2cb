export interface GemName {
  readonly name: string;
  readonly version: string;
  /** Nothing where it is `ruby`, so runs anywhere. */
  readonly platform?: string | undefined;
}

const gemName = /^[A-Za-z0-9_][\w.-]*$/;

/** RubyGems, Gem::Version: a dash in one stands for `.pre.` and is in no file's name. */
const gemVersion = /^\d+(?:\.[0-9A-Za-z]+)*$/;

/** RubyGems, Gem::Platform: a processor and a system, or a system alone. */
const platform =
  /^(?:(?:x86|i\d86|x64|x86_64|amd64|arm\w*|aarch64|universal|powerpc\w*|ppc\w*|s390x?|sparc\w*|mips\w*|riscv\w*|loongarch\w*|ia64|alpha|hppa\w*|wasm\w*)(?:-[\w.]+)*|(?:java|jruby|dalvik|dotnet|macruby|mswin|mingw|linux|darwin|solaris|freebsd|openbsd|netbsd|aix|cygwin)\w*(?:-[\w.]+)*)$/;

/** Undefined where one of the three cannot be what it is said to be. */
export function gemNamed(name: string, version: string, on = 'ruby'): GemName | undefined {
  if (!gemName.test(name) || !gemVersion.test(version)) return undefined;
  if (on === 'ruby') return { name, version };
  return platform.test(on) ? { name, version, platform: on } : undefined;
}

/**
 * The parts of a full name: `nokogiri-1.16.0-x86_64-linux-musl`. Names hold dashes and digits (`foo-2-1.0`), and
 * platforms too (`universal-darwin-20`): the first dash that has a version and no more than a platform after it counts.
 */
export function splitFullName(text: string): GemName | undefined {
  for (const { index } of text.matchAll(/-(?=\d)/g)) {
    const [, version = '', on] = /^([^-]+)(?:-(.+))?$/.exec(text.slice(index + 1)) ?? [];
    const parts = gemNamed(text.slice(0, index), version, on);
    if (parts) return parts;
  }
  return undefined;
}

/** As in the name of its file. */
export function fullName({ name, version, platform: on }: GemName): string {
  return [name, version, ...(on === undefined ? [] : [on])].join('-');
}
