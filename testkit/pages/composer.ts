import { hexDigest, tarGz, type Pages } from './pages.ts';

export interface ComposerPackage {
  /** `vendor/name`. */
  readonly name: string;
  readonly version: string;
  /** Constraints by name. */
  readonly requires?: Readonly<Record<string, string>>;
}

/** A Composer repository at `url`, whose path is `base` ("Repositories", `packages`): its list, and its archives. */
export function composerPages(packages: readonly ComposerPackage[], url: string, base: string): Pages {
  const pages = new Map<string, Buffer>();
  const listed: Record<string, Record<string, unknown>> = {};
  for (const { name, version, requires = {} } of packages) {
    const facts = { name, version, require: requires };
    const bytes = tarGz({
      'package/composer.json': JSON.stringify(facts),
      'package/index.php': `<?php // ${version}\n`,
    });
    const file = `dist/${name.replace('/', '-')}-${version}.tar`;
    pages.set(`${base}/${file}`, bytes);
    const dist = { type: 'tar', url: `${url}/${file}`, shasum: hexDigest('sha1', bytes) };
    listed[name] = { ...listed[name], [version]: { ...facts, dist } };
  }
  return pages.set(`${base}/packages.json`, Buffer.from(JSON.stringify({ packages: listed })));
}
