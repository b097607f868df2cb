/** apk-tools' apk_version.c: numbers, a letter, suffixes, a commit, and of every built package its release. */
const fileName =
  /^([\w.+-]+)-(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(?:~[0-9a-f]+)?-r\d+)\.apk$/;

/** `name-version-rN.apk`. The name may hold dashes and digits; the version is what is one, from the right. */
export function packageNamed(file: string): { name: string; version: string } | undefined {
  const [, name, version] = (file.length <= 255 && fileName.exec(file)) || [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/** Those that Alpine and its kin build for; `noarch` is a directory in some repositories of others. */
const architectures = new Set(
  `x86 x86_64 aarch64 armhf armv7 ppc64le s390x riscv64 loongarch64 mips mips64 mipsel mips64el noarch`.split(
    ' ',
  ),
);

export function isArchitecture(text: string): boolean {
  return architectures.has(text);
}

/** How many segments at the end of a repository's directory are its suite: `v3.20/main/x86_64`, or `os/x86_64`. */
export function suiteLength(segments: readonly string[]): number {
  const branch = segments.at(-3);
  const branched = branch !== undefined && /^(?:v\d+(?:\.\d+)*|edge|latest-stable)$/.test(branch);
  return Math.min(branched ? 3 : 2, segments.length);
}
