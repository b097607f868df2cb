import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { cratePattern, jsonMembers, versionPattern } from './sparse-index.ts';

/** CARGO_HOME of the Rust images, and of root. */
const homes = ['usr/local/cargo', 'root/.cargo'];

/** `ripgrep 14.1.0 (registry+https://…)`; what came from a path or from git is no crate of a registry. */
const packageId = new RegExp(`^(${cratePattern}) (${versionPattern}) \\((?:registry|sparse)\\+[^()]+\\)$`);

/** What `cargo install` has put there and says so itself (cargo, src/cargo/ops/common_for_install_and_uninstall.rs). */
export function installedCrates(root: RootFiles): readonly InstalledPackage[] {
  return homes.flatMap(home => {
    const current = `${home}/.crates2.json`;
    const json = root.read(current);
    if (json)
      return packages(Object.keys({ ...(jsonMembers(json.toString())['installs'] as object) }), current);
    const older = `${home}/.crates.toml`;
    const lines = root.read(older)?.toString().split('\n') ?? [];
    return packages(
      lines.flatMap(line => /^"([^"\\]+)" = \[/.exec(line)?.[1] ?? []),
      older,
    );
  });
}

function packages(ids: readonly string[], from: string): InstalledPackage[] {
  return ids.flatMap(id => {
    const [, name, version] = packageId.exec(id) ?? [];
    return name === undefined || version === undefined ? [] : [{ name, version, from }];
  });
}
