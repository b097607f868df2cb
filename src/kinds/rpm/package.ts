export interface RpmPackage {
  readonly name: string;
  /** `[epoch:]version-release`; an epoch of zero is none. */
  readonly version: string;
  readonly architecture: string;
}

/** What rpm's own check of a spec file lets through (rpm, build/parsePreamble.c). */
const name = /^\w[\w.+-]{0,250}$/;
const part = /^[\w.+~^]{1,250}$/;

/** Nothing where a part of it could not be a package's. */
export function rpmPackage(
  packageName: string,
  { epoch = '0', version, release }: { epoch?: string | undefined; version: string; release: string },
  architecture: string,
): RpmPackage | undefined {
  if (!name.test(packageName) || !part.test(version) || !part.test(release)) return undefined;
  if (!/^\w{1,30}$/.test(architecture) || !/^\d{1,10}$/.test(epoch)) return undefined;
  const prefix = Number(epoch) === 0 ? '' : `${epoch}:`;
  return { name: packageName, version: `${prefix}${version}-${release}`, architecture };
}

/** `name-version-release.architecture.rpm`, from the right: only a name may hold dashes. There is no epoch in it. */
export function packageNamed(file: string): RpmPackage | undefined {
  const match = /^(.+)-([^-]+)-([^-]+)\.([^.-]+)\.rpm$/.exec(file.length > 512 ? '' : file);
  const [, packageName, version, release, architecture] = match ?? [];
  if (packageName === undefined || version === undefined) return undefined;
  if (release === undefined || architecture === undefined) return undefined;
  return rpmPackage(packageName, { version, release }, architecture);
}
