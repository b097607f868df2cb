import { MountFields, type Ownership } from './mount-fields.ts';
import type { Mount } from './mounts.ts';

/** A mount whose variables have been put in. Ids and modes are numbers; paths are as given, perhaps relative. */
export type ResolvedMount =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly source: string;
      readonly from?: string;
      readonly readOnly: boolean;
    }
  | ({
      readonly type: 'cache';
      readonly target: string;
      readonly source: string;
      readonly from?: string;
      readonly readOnly: boolean;
      /** Where not given, the cleaned target is the id. */
      readonly id?: string;
      readonly sharing: 'shared' | 'private' | 'locked';
    } & Ownership)
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      readonly readOnly: boolean;
      /** Bytes; 0 for no limit. */
      readonly size: number;
    }
  | ({
      readonly type: 'secret';
      readonly id: string;
      /** Undefined where the secret is given as a variable only. */
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
    } & Ownership)
  | ({
      readonly type: 'ssh';
      readonly id: string;
      readonly target?: string;
      readonly required: boolean;
    } & Ownership);

/**
 * @param expand gives a field's value with its variables put in.
 * @throws HoldfastError DOCKERFILE_MOUNT (exit 2) for values that a mount of this type cannot have; and what
 *   `expand` throws.
 */
export function resolveMount(mount: Mount, file: string, expand: (value: string) => string): ResolvedMount {
  const fields = new MountFields(mount, file, expand);
  const type = fields.oneOf('type', ['bind', 'cache', 'tmpfs', 'secret', 'ssh']) ?? 'bind';
  const target = fields.text('target', 'dst', 'destination');
  const from = fields.text('from');
  const source = fields.text('source', 'src');
  const place = { target: target ?? '', source: source ?? '', ...(from !== undefined && { from }) };
  const sharing = fields.oneOf('sharing', ['shared', 'private', 'locked']);
  const readOnly = fields.readOnly();
  const id = fields.text('id');

  fields.allow(sharing === undefined || type === 'cache', 'sharing', type);
  fields.allow(!fields.has('size') || type === 'tmpfs', 'size', type);
  fields.allow(!fields.has('required') || type === 'secret' || type === 'ssh', 'required', type);
  fields.allow(!fields.has('env') || type === 'secret', 'env', type);
  const owned = type === 'cache' || type === 'secret' || type === 'ssh';
  for (const name of ['mode', 'uid', 'gid']) fields.allow(!fields.has(name) || owned, name, type);
  if (type === 'bind' || type === 'cache' || type === 'tmpfs') fields.require(target, 'a target');

  switch (type) {
    case 'bind':
      return { type, ...place, readOnly: readOnly ?? true };
    case 'cache':
      return {
        type,
        ...place,
        readOnly: readOnly ?? false,
        ...(id !== undefined && { id }),
        sharing: sharing ?? 'shared',
        ...fields.ownership(),
      };
    case 'tmpfs':
      return { type, target: place.target, readOnly: readOnly ?? false, size: fields.size() };
    case 'secret': {
      fields.allow(from === undefined, 'from', type);
      fields.allow(source === undefined || id === undefined, 'source besides id', type);
      const secret = fields.require(source ?? id ?? baseName(target), 'an id or a target');
      const env = fields.text('env');
      const path = target ?? (env === undefined ? `/run/secrets/${baseName(secret) ?? ''}` : undefined);
      return {
        type,
        id: secret,
        ...(path !== undefined && { target: path }),
        ...(env !== undefined && { env }),
        required: fields.truth('required') ?? false,
        ...fields.ownership(),
      };
    }
    case 'ssh':
      return {
        type,
        id: id ?? 'default',
        ...(target !== undefined && { target }),
        required: fields.truth('required') ?? false,
        ...fields.ownership(),
      };
  }
}

function baseName(path: string | undefined): string | undefined {
  return path?.split('/').findLast(part => part !== '');
}
