import { type SourcePlace, usageError } from '../core/index.ts';
import type { Mount } from './mounts.ts';
import { excerpt } from './problems.ts';
import { parseSize, truthValue } from './quantities.ts';

/** Who owns what is mounted. The mode is a number, written in octal. */
export interface Ownership {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** The fields of one `--mount` with variables put in, read as the types that they have. */
export class MountFields {
  readonly #mount: Mount;
  readonly #where: SourcePlace;
  readonly #values = new Map<string, string | undefined>();

  constructor(mount: Mount, file: string, expand: (value: string) => string) {
    this.#mount = mount;
    this.#where = { file, line: mount.value.range.line, column: mount.value.range.column };
    for (const { name, value } of mount.fields) {
      this.#values.set(name, value === undefined ? undefined : expand(value.text));
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value given last under any of these names; the empty text counts as not given. */
  text(...names: string[]): string | undefined {
    const name = this.#mount.fields.findLast(field => names.includes(field.name))?.name;
    if (name === undefined) return undefined;
    if (this.#values.get(name) === undefined) this.#fail(`the field "${name}" of --mount lacks a value`);
    return this.#values.get(name) || undefined;
  }

  oneOf<Value extends string>(name: string, allowed: readonly Value[]): Value | undefined {
    const given = this.text(name)?.toLowerCase();
    const found = allowed.find(value => value === given);
    if (given !== undefined && found === undefined) {
      this.#fail(`"${excerpt(given)}" is no ${name} of a mount: use one of ${allowed.join(', ')}`);
    }
    return found;
  }

  truth(name: string): boolean | undefined {
    if (!this.has(name)) return undefined;
    const given = this.#values.get(name) ?? 'true';
    return truthValue(given) ?? this.#fail(`"${excerpt(given)}" is no truth value for "${name}" of --mount`);
  }

  readOnly(): boolean | undefined {
    const last = this.#mount.fields.findLast(field => /^(ro|rw|readonly|readwrite)$/.test(field.name))?.name;
    if (last === undefined) return undefined;
    return this.truth(last) === (last === 'ro' || last === 'readonly');
  }

  size(): number {
    const given = this.text('size');
    if (given === undefined) return 0;
    return parseSize(given) ?? this.#fail(`"${excerpt(given)}" is no size for a mount`);
  }

  ownership(): Ownership {
    const mode = this.#number('mode', /^[0-7]{1,11}$/, 8);
    const uid = this.#number('uid', /^[0-9]{1,10}$/, 10);
    const gid = this.#number('gid', /^[0-9]{1,10}$/, 10);
    return {
      ...(mode !== undefined && { mode }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    };
  }

  allow(condition: boolean, field: string, type: string): void {
    if (!condition) this.#fail(`a mount of type ${type} cannot have ${field}`);
  }

  require<Value>(value: Value | undefined, what: string): Value {
    return value ?? this.#fail(`--mount needs ${what}`);
  }

  #number(name: string, shape: RegExp, base: number): number | undefined {
    const given = this.text(name);
    if (given === undefined) return undefined;
    const number = shape.test(given) ? Number.parseInt(given, base) : Number.POSITIVE_INFINITY;
    return number <= 0xffff_ffff ? number : this.#fail(`"${excerpt(given)}" is no ${name} for a mount`);
  }

  #fail(message: string): never {
    throw usageError('DOCKERFILE_MOUNT', message, {
      where: this.#where,
      next: 'Correct the mount; see "RUN --mount" in the Dockerfile reference.',
    });
  }
}
