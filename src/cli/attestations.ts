import type { Command } from 'commander';
import { billFormats, type BillFormat } from '../attest/index.ts';
import { usageError } from '../core/index.ts';
import { collect } from './collect.ts';

/** What is said of an image beside what it holds; names and forms are those of `docker buildx build`. */
export interface AttestationOptions {
  readonly provenance?: string | boolean;
  readonly sbom?: string | boolean;
  readonly attest?: readonly string[];
}

export interface Attestations {
  readonly provenance: 'min' | 'max' | undefined;
  readonly sbom: BillFormat | undefined;
}

export function addAttestationOptions(command: Command): Command {
  return command
    .option('--provenance [mode]', 'attach how it was built: true, false, mode=min or mode=max')
    .option(
      '--sbom [value]',
      `attach what is installed in it: true, false, or format=${billFormats.join(' or format=')}`,
    )
    .option(
      '--attest <type=TYPE,…>',
      'the same in one option: type=provenance,mode=max; type=sbom,format=cyclonedx',
      collect,
    );
}

/** @throws HoldfastError ATTESTATION_INVALID (exit 2) */
export function attestationsFrom({ provenance, sbom, attest = [] }: AttestationOptions): Attestations {
  const given = attest.map(text => {
    const fields = fieldsOf(`--attest ${text}`, text, ['type', 'mode', 'format', 'disabled']);
    if (fields.get('type') === 'sbom') return { sbom: formatIn(text, fields) };
    if (fields.get('type') === 'provenance') return { provenance: modeIn(text, fields) };
    throw invalid(`--attest ${text}`, 'its type is sbom or provenance');
  });
  const last: Attestations = Object.assign({ provenance: undefined, sbom: undefined }, ...given);
  return {
    provenance: provenance === undefined ? last.provenance : provenanceMode(provenance),
    sbom: sbom === undefined ? last.sbom : sbomFormat(sbom),
  };
}

function provenanceMode(value: string | boolean): Attestations['provenance'] {
  const word = truth(value);
  if (typeof word === 'boolean') return word ? 'min' : undefined;
  // Without `mode=` too, as it was always taken here.
  const text = /^(?:min|max)$/.test(word) ? `mode=${word}` : word;
  return modeIn(text, fieldsOf(`--provenance=${value}`, text, ['mode', 'disabled']));
}

function sbomFormat(value: string | boolean): Attestations['sbom'] {
  const word = truth(value);
  if (typeof word === 'boolean') return word ? 'spdx' : undefined;
  return formatIn(word, fieldsOf(`--sbom=${value}`, word, ['format', 'disabled']));
}

function truth(value: string | boolean): string | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return value;
}

type Fields = ReadonlyMap<string, string>;

/** `NAME=VALUE,…` */
function fieldsOf(option: string, text: string, known: readonly string[]): Fields {
  const fields = text.split(',').map(field => {
    const [, name = '', value = ''] = /^([^=]*)(?:=(.*))?$/s.exec(field) ?? [];
    if (!known.includes(name)) throw invalid(option, `${known.join(', ')} may stand in it`);
    return [name, value] as const;
  });
  return new Map(fields);
}

function modeIn(text: string, fields: Fields): Attestations['provenance'] {
  if (fields.get('disabled') === 'true') return undefined;
  const mode = fields.get('mode') ?? 'min';
  if (mode === 'min' || mode === 'max') return mode;
  throw invalid(text, 'its mode is min or max');
}

function formatIn(text: string, fields: Fields): Attestations['sbom'] {
  if (fields.get('disabled') === 'true') return undefined;
  const named = fields.get('format') ?? 'spdx';
  const format = billFormats.find(one => one === named);
  if (format !== undefined) return format;
  throw invalid(text, `its format is ${billFormats.join(' or ')}`);
}

function invalid(text: string, why: string) {
  return usageError('ATTESTATION_INVALID', `${text.slice(0, 120)} says nothing to attach: ${why}`, {
    next: 'Write --provenance=mode=min|max, --sbom=format=spdx|cyclonedx, or --attest type=…; true and false do as well.',
  });
}
