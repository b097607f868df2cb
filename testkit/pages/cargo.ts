import { hexDigest, tarGz, type Pages } from './pages.ts';

export interface Crate {
  readonly name: string;
  readonly version: string;
  /** Requirements by name. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A registry with a sparse index at `url`, whose path is `base` (The Cargo Book, "Registry Index"). */
export function cratePages(crates: readonly Crate[], url: string, base: string): Pages {
  const pages = new Map<string, Buffer>();
  pages.set(`${base}/config.json`, Buffer.from(JSON.stringify({ dl: `${url}/api/v1/crates` })));
  for (const crate of crates) {
    const bytes = crateFile(crate);
    const place = `${base}/${indexPath(crate.name)}`;
    const lines = pages.get(place) ?? Buffer.alloc(0);
    pages.set(place, Buffer.concat([lines, Buffer.from(`${JSON.stringify(indexLine(crate, bytes))}\n`)]));
    pages.set(`${base}/api/v1/crates/${crate.name}/${crate.version}/download`, bytes);
  }
  return pages;
}

/** "Index files" */
function indexPath(name: string): string {
  if (name.length < 3) return `${name.length}/${name}`;
  return name.length === 3 ? `3/${name[0]}/${name}` : `${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`;
}

function indexLine({ name, version, dependencies = {} }: Crate, bytes: Buffer) {
  const deps = Object.entries(dependencies).map(([needed, req]) => ({
    name: needed,
    req,
    features: [],
    optional: false,
    default_features: true,
    target: null,
    kind: 'normal',
  }));
  return { name, vers: version, deps, cksum: hexDigest('sha256', bytes), features: {}, yanked: false };
}

function crateFile({ name, version, dependencies = {} }: Crate): Buffer {
  const needs = Object.entries(dependencies).map(([needed, req]) => `${needed} = "${req}"\n`);
  const manifest = `[package]\nname = "${name}"\nversion = "${version}"\nedition = "2021"\n`;
  return tarGz({
    [`${name}-${version}/Cargo.toml`]: `${manifest}[dependencies]\n${needs.join('')}`,
    [`${name}-${version}/src/lib.rs`]: `pub const VERSION: &str = "${version}";\n`,
  });
}
