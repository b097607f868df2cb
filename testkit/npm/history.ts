import type { NpmPackage } from './package.ts';

type Change =
  | { readonly time: string; readonly kind: 'publish'; readonly package: NpmPackage }
  | {
      readonly time: string;
      readonly kind: 'tag';
      readonly tag: string;
      readonly version: string | undefined;
    }
  /** Without a version: the whole package. */
  | { readonly time: string; readonly kind: 'unpublish'; readonly version?: string };

/** A package as a registry holds it on some date. */
export interface PackageState {
  readonly packages: readonly NpmPackage[];
  readonly tags: Readonly<Record<string, string>>;
  /** Of versions (those that were unpublished too), `created` and `modified`; RFC 3339. */
  readonly time: Readonly<Record<string, string>>;
  /** When the whole package was unpublished. */
  readonly unpublished?: string;
}

const defaultTime = '2026-01-01T00:00:00.000Z';

/** All that ever happened to one package's entry in a registry. */
export class PackageHistory {
  readonly #changes: Change[] = [];

  publish(one: NpmPackage): void {
    const time = one.time ?? defaultTime;
    this.#changes.push({ time, kind: 'publish', package: one });
    this.#changes.push({ time, kind: 'tag', tag: one.tag ?? 'latest', version: one.version });
  }

  tag(tag: string, version: string | undefined, time: string): void {
    this.#changes.push({ time, kind: 'tag', tag, version });
  }

  unpublish(version: string | undefined, time: string): void {
    this.#changes.push({ time, kind: 'unpublish', ...(version !== undefined && { version }) });
  }

  /** Nothing before the first publication. `now` is RFC 3339; without it, all that ever happens has happened. */
  at(now: string | undefined): PackageState | undefined {
    const limit = now === undefined ? Number.POSITIVE_INFINITY : Date.parse(now);
    const changes = this.#changes
      .filter(({ time }) => Date.parse(time) <= limit)
      .toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
    const [first] = changes;
    if (first === undefined) return undefined;
    let state: PackageState = { packages: [], tags: {}, time: { created: first.time } };
    for (const change of changes) state = changed(state, change);
    return { ...state, time: { ...state.time, modified: changes.at(-1)?.time ?? first.time } };
  }
}

function changed(state: PackageState, change: Change): PackageState {
  switch (change.kind) {
    case 'publish': {
      const { package: one, time } = change;
      return { ...state, packages: [...state.packages, one], time: { ...state.time, [one.version]: time } };
    }
    case 'tag': {
      const { [change.tag]: _, ...others } = state.tags;
      const tags = change.version === undefined ? others : { ...others, [change.tag]: change.version };
      return { ...state, tags };
    }
    case 'unpublish': {
      if (change.version === undefined) return { ...state, packages: [], tags: {}, unpublished: change.time };
      const packages = state.packages.filter(({ version }) => version !== change.version);
      const tags = Object.fromEntries(
        Object.entries(state.tags).filter(([, version]) => version !== change.version),
      );
      return { ...state, packages, tags };
    }
  }
}
