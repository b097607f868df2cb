import { canonicalJson, hexOf, sha256, usageError, type Digest, type Json } from '../core/index.ts';
import { lineName, type RecordedInput } from '../lock/index.ts';
import { uuidOf } from './bill.ts';
import { lockedComponents } from './component.ts';
import type { Distribution } from './distribution.ts';

/** What is kept back from updates, and why (`hold` in holdfast.yaml). */
export interface Held {
  /** A kind, or an input as the lock names it. */
  readonly name: string;
  /** YYYY-MM-DD. */
  readonly until: string;
  readonly why: string;
}

export interface VexFacts {
  readonly name: string | undefined;
  readonly image: Digest;
  readonly inputs: readonly RecordedInput[];
  readonly distribution: Distribution | undefined;
  readonly holds: readonly Held[];
  readonly author: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** Of this program. */
  readonly version: string;
}

/** Identifiers that advisories have: of MITRE, GitHub, Debian, Ubuntu, Alpine, Go, Python, Rust and others. */
const identifiers =
  /\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|D[SL]A-\d+(?:-\d+)?|USN-\d+(?:-\d+)?|(?:GO|PYSEC|RUSTSEC|OSV)-\d{4}-\d+)\b/g;

/** OpenVEX 0.2.0, "Status Justifications". */
const justifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

/**
 * OpenVEX 0.2.0 of what is held back although a vulnerability is known: one statement for each advisory that a hold's
 * reason names. The image is affected until the hold ends, unless the reason has one of OpenVEX's justifications in
 * it, or the words `under_investigation`. Holds that name no advisory say nothing of one, and neither does this.
 * @throws HoldfastError VEX_EMPTY (exit 2) where none does: the format has no document without a statement
 */
export function openVex(facts: VexFacts): Json {
  const { author, timestamp, version } = facts;
  const statements = facts.holds.flatMap(hold => statementsOf(hold, facts));
  if (statements.length === 0)
    throw usageError('VEX_EMPTY', 'no hold that counts today names an advisory, so there is nothing to say', {
      next: 'Name the advisory in the reason: holdfast hold NAME --until DATE --why "CVE-…: …"',
    });
  const document = {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    author,
    timestamp,
    version: 1,
    tooling: `holdfast ${version}`,
    statements,
  };
  return { ...document, '@id': `urn:uuid:${uuidOf(sha256(canonicalJson(document)))}` };
}

function statementsOf(hold: Held, facts: VexFacts): Json[] {
  const names = [...new Set(hold.why.match(identifiers) ?? [])].toSorted();
  const product = productOf(hold, facts);
  return names.map(name => ({ vulnerability: { name }, products: [product], ...statusOf(hold) }));
}

function statusOf({ name, until, why }: Held) {
  const justification = justifications.find(word => why.includes(word));
  if (justification !== undefined) return { status: 'not_affected', justification, impact_statement: why };
  if (why.includes('under_investigation')) return { status: 'under_investigation', status_notes: why };
  return { status: 'affected', action_statement: `${name} is held back until ${until}: ${why}` };
}

function productOf({ name }: Held, { name: image, image: digest, inputs, distribution }: VexFacts): Json {
  const held = inputs.filter(({ section, line }) => section === name || isNamed(name, section, line));
  const purls = lockedComponents(held, distribution).flatMap(({ purl }) =>
    purl === undefined ? [] : [purl],
  );
  const subcomponents = [...new Set(purls)].toSorted().map(purl => ({ '@id': purl, identifiers: { purl } }));
  return {
    '@id': image ?? `urn:oci:${digest}`,
    ...(image?.startsWith('pkg:') && { identifiers: { purl: image } }),
    hashes: { 'sha-256': hexOf(digest) },
    ...(subcomponents.length > 0 && { subcomponents }),
  };
}

/** As updates do it: by the plain name, or with the architecture. */
function isNamed(name: string, section: RecordedInput['section'], line: RecordedInput['line']): boolean {
  return (
    line['name'] === name ||
    line['reference'] === name ||
    line['url'] === name ||
    lineName(section, line) === name
  );
}
