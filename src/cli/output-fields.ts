import { usageError } from '../core/index.ts';
import { truthValue } from '../dockerfile/index.ts';
import {
  parseReference,
  parseTransport,
  withDefaultTag,
  type Reference,
  type Transport,
} from '../registry/index.ts';
import { csvPairs } from './csv-fields.ts';

/** A place that an image is written to. */
export type Output =
  | {
      readonly kind: 'transport';
      readonly transport: Transport;
      /** What the image is called in a layout or an archive. */
      readonly names?: readonly Reference[];
      readonly byDigest?: true;
      readonly stdout?: true;
    }
  | { readonly kind: 'local'; readonly directory: string }
  | { readonly kind: 'tar'; readonly file: string; readonly stdout?: true };

/** What one `--output` asks for. */
export interface ParsedOutput {
  readonly outputs: readonly Output[];
  /** Names in the store beside those of `-t`. */
  readonly names: readonly Reference[];
  /** As `--annotation` takes them. */
  readonly annotations: readonly string[];
}

/** What a field may say because it is so anyway; any text where nothing is listed. */
const asItIs: Readonly<Record<string, readonly string[]>> = {
  unpack: [],
  store: [],
  'name-canonical': [],
  'dangling-name-prefix': [],
  'danging-name-empty-only': [],
  'attestation-prefix': [],
  'force-compression': [],
  'rewrite-timestamp': [],
  compression: ['gzip'],
  'oci-mediatypes': ['true', '1'],
  'oci-artifact': ['false', '0'],
  'prefer-nondist-layers': ['false', '0'],
  'registry.insecure': ['false', '0'],
  'platform-split': ['true', '1'],
  mode: ['copy'],
};
const ownFields = ['type', 'dest', 'name', 'push', 'push-by-digest', 'tar'];
const annotationField = /^annotation(?:-([a-z-]+))?(\[[^\]]+\])?\.(.+)$/;

/**
 * One `--output`: `DIR`, a transport, or fields as docker buildx has them.
 * @param names what `-t` gave, for outputs that have no name of their own.
 * @throws HoldfastError OUTPUT_INVALID, TRANSPORT_INVALID, REFERENCE_INVALID (exit 2)
 */
export function parseOutput(text: string, names: readonly Reference[]): ParsedOutput {
  const only = (output: Output): ParsedOutput => ({ outputs: [output], names: [], annotations: [] });
  if (text === '-') return only({ kind: 'tar', file: '-', stdout: true });
  // `-o DIR`, as buildx takes it; a transport has a colon.
  if (!/(?:^|,)"?type=/.test(text))
    return only(
      text.includes(':')
        ? { kind: 'transport', transport: parseTransport(text) }
        : { kind: 'local', directory: text },
    );
  const fields = csvPairs(text);
  refuseOthers(text, fields);
  const own = (fields.get('name') ?? '').split(/[;,]/).filter(name => name !== '');
  const given = own.map(parseReference);
  const references = given.length > 0 ? given.map(withDefaultTag) : names;
  const annotations = [...fields].flatMap(([field, value]) => {
    const [, level = 'manifest', platform = '', name] = annotationField.exec(field) ?? [];
    return name === undefined ? [] : [`${level}${platform}:${name}=${value}`];
  });
  return { ...outputsOf(text, fields, references, given), annotations };
}

function outputsOf(
  text: string,
  fields: ReadonlyMap<string, string>,
  references: readonly Reference[],
  given: readonly Reference[],
): Omit<ParsedOutput, 'annotations'> {
  const type = fields.get('type') ?? '';
  const dest = fields.get('dest') ?? '';
  const stdout = (dest === '' || dest === '-') && ({ stdout: true } as const);
  const [reference] = references;
  const isSet = (name: string) => truthValue(fields.get(name) ?? 'false') === true;
  const written = (...outputs: Output[]) => ({ outputs, names: [] });
  const toEach = (kind: 'docker' | 'docker-daemon') => {
    if (references.length === 0) throw outputInvalid(text, 'it needs a name');
    return references.map((one): Output => ({ kind: 'transport', transport: { kind, reference: one } }));
  };
  const toRegistry = () => {
    if (!isSet('push-by-digest')) return toEach('docker');
    if (given.some(({ tag }) => tag !== undefined))
      throw outputInvalid(text, 'a name with a tag is not pushed by digest');
    return toEach('docker').map(output => ({ ...output, byDigest: true as const }));
  };
  switch (type) {
    case 'local':
      if (stdout) throw outputInvalid(text, 'it needs dest=PATH');
      return written({ kind: 'local', directory: dest });
    case 'tar':
      return written({ kind: 'tar', file: dest, ...stdout });
    case 'oci': {
      const tag = reference?.tag === undefined ? {} : { tag: reference.tag };
      if (fields.has('tar') && !isSet('tar')) {
        if (stdout) throw outputInvalid(text, 'it needs dest=PATH');
        return written({
          kind: 'transport',
          transport: { kind: 'oci', directory: dest, ...tag },
          names: references,
        });
      }
      return written({
        kind: 'transport',
        transport: { kind: 'oci-archive', file: dest, ...tag },
        names: references,
        ...stdout,
      });
    }
    case 'docker': {
      if (!fields.has('dest')) return written(...toEach('docker-daemon'));
      const transport: Transport = { kind: 'docker-archive', file: dest, ...(reference && { reference }) };
      return written({ kind: 'transport', transport, names: references, ...stdout });
    }
    case 'registry':
      return written(...toRegistry());
    case 'image':
      return {
        outputs: isSet('push') ? toRegistry() : [],
        names: isSet('push') ? [] : given.map(withDefaultTag),
      };
    case 'cacheonly':
      return written();
    default:
      throw outputInvalid(text, `there is no type ${type}`);
  }
}

function refuseOthers(text: string, fields: ReadonlyMap<string, string>): void {
  for (const [field, value] of fields) {
    if (ownFields.includes(field) || annotationField.test(field)) continue;
    const values = asItIs[field];
    if (values === undefined) throw outputInvalid(text, `"${field}" is nothing that an output has here`);
    if (values.length > 0 && !values.includes(value))
      throw outputInvalid(text, `${field} is always ${values[0]} here`);
  }
}

export function outputInvalid(text: string, why: string) {
  return usageError('OUTPUT_INVALID', `${text.slice(0, 120)} says no place to write to: ${why}`, {
    next: 'Write it as `docker buildx build` takes it, or as oci:DIR, docker-archive:FILE, docker://REF.',
  });
}
