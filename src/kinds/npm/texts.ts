import { changelogSections, isChangelogName, namesRelease } from '../changelog.ts';
import { tarballFiles } from '../packed-files.ts';
import type { PackageTexts } from '../package-texts.ts';

/** What npm runs when a package is installed as a dependency (npm, scripts: "Life Cycle Operation Order"). */
const installScripts = ['preinstall', 'install', 'postinstall'] as const;

/** @throws where the tarball is damaged */
export async function packageTexts(tarball: Buffer): Promise<PackageTexts> {
  // All of a package lies in one folder, whose name does not count.
  const below = (path: string) => path.slice(path.indexOf('/') + 1);
  const files = await tarballFiles(tarball, path => {
    const name = below(path);
    return name === 'package.json' || name === 'binding.gyp' || isChangelogName(name);
  });
  const byName = new Map([...files].map(([path, content]) => [below(path), content.toString('utf8')]));
  const changelog = [...byName].find(([name]) => isChangelogName(name))?.[1] ?? '';
  const scripts = scriptsOf(byName.get('package.json') ?? '');
  const builds =
    byName.has('binding.gyp') && scripts['install'] === undefined && scripts['preinstall'] === undefined;
  return {
    changelog: changelogSections(changelog, namesRelease),
    scripts: { ...scripts, ...(builds && { install: 'node-gyp rebuild' }) },
  };
}

function scriptsOf(manifest: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(manifest);
  } catch {
    return {};
  }
  const scripts = isObject(parsed) && isObject(parsed['scripts']) ? parsed['scripts'] : {};
  return Object.fromEntries(
    installScripts.flatMap(name => {
      const text = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
      return typeof text === 'string' ? [[name, text] as const] : [];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
