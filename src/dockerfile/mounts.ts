import { usageError } from '../core/index.ts';
import { type Field, fieldsOf } from './fields.ts';
import { partOf } from './flag-words.ts';
import type { FlagValue } from './flags.ts';
import type { Word } from './mapped-text.ts';
import { excerpt, unknownNameError } from './problems.ts';
import { truthValue } from './quantities.ts';

/** `RUN --mount=…` as written. Its fields may hold variables: `resolveMount` makes sense of it once they are known. */
export interface Mount {
  readonly fields: readonly Field[];
  /** A stage, named context or image. The only field without variables: it decides what is built first. */
  readonly from?: Word;
  /** The whole value. */
  readonly value: Word;
}

/** `RUN --device=…`, a CDI device. */
export interface Device {
  readonly name: string;
  readonly required: boolean;
}

const mountFields = [
  'type',
  'from',
  'source',
  'src',
  'target',
  'dst',
  'destination',
  'readonly',
  'ro',
  'readwrite',
  'rw',
  'id',
  'sharing',
  'required',
  'size',
  'mode',
  'uid',
  'gid',
  'env',
  // buildah's, of SELinux; there are no labels here.
  'z',
];

/** @throws HoldfastError DOCKERFILE_MOUNT (exit 2) for an unknown field or a variable in `from`. */
export function readMount(flag: FlagValue): Mount {
  const fields = fieldsOf(flag);
  for (const field of fields) checkField(field, flag);
  const from = fields.findLast(field => field.name === 'from')?.value;
  return { fields, value: partOf(flag, flag.from), ...(from !== undefined && from.text !== '' && { from }) };
}

function checkField(field: Field, flag: FlagValue): void {
  const where = {
    file: flag.raw.where().file,
    line: field.whole.range.line,
    column: field.whole.range.column,
  };
  if (!mountFields.includes(field.name)) {
    throw unknownNameError('DOCKERFILE_MOUNT', 'field of --mount', field.name, mountFields, where);
  }
  const dollar = field.name === 'from' ? (field.value?.text.indexOf('$') ?? -1) : -1;
  if (dollar !== -1 && dollar !== (field.value?.text.length ?? 0) - 1) {
    throw usageError('DOCKERFILE_MOUNT', 'the field "from" of --mount cannot hold variables', {
      where,
      next: 'Give the image a stage of its own (FROM $IMAGE AS name) and mount from that.',
    });
  }
}

/** @throws HoldfastError DOCKERFILE_FLAG_VALUE (exit 2) */
export function readDevice(flag: FlagValue): Device {
  let name: string | undefined;
  let required = false;
  for (const field of fieldsOf(flag)) {
    const truth = field.name === 'required' ? truthValue(field.value?.text ?? 'true') : undefined;
    if (truth !== undefined) required = truth;
    else if (field.name === 'name' && field.value !== undefined && name === undefined)
      name = field.value.text;
    else if (field.name !== 'required' && field.name !== 'name' && name === undefined)
      name = field.whole.text;
    else {
      throw usageError(
        'DOCKERFILE_FLAG_VALUE',
        `--device cannot be "${excerpt(flag.text.slice(flag.from))}"`,
        {
          where: flag.raw.where(),
          next: 'Write --device=NAME or --device=name=NAME,required.',
        },
      );
    }
  }
  return { name: name ?? '', required };
}
