/** Relationship fields: Debian Policy 7.1, deb-control(5). */

import { upstreamError } from '../../core/index.ts';
import type { PackageRecord } from './packages.ts';
import { versionSatisfies, type VersionRelation } from './version.ts';

/** `name:qualifier (relation version)`. */
export interface Relation {
  readonly name: string;
  /** `any`, `native`, or an architecture. */
  readonly qualifier: string | undefined;
  readonly version: { readonly relation: VersionRelation; readonly wanted: string } | undefined;
}

/** `a | b`: one of them satisfies. */
export type Alternatives = readonly Relation[];

const pattern =
  /^([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?\s*(?:\[([^\]]*)\])?\s*((?:<[^>]*>\s*)*)$/;

/**
 * The value of Depends, Pre-Depends, Conflicts, Breaks or Provides; an absent value is an empty list.
 * @param context what to call the field in an error.
 * @throws HoldfastError APT_DEPENDENCY_MALFORMED (exit 5)
 */
export function parseRelations(value: string | undefined, context: string): Alternatives[] {
  if (value === undefined || value.trim() === '') return [];
  return value
    .split(',')
    .filter(group => group.trim() !== '')
    .map(group => group.split('|').map(text => parseRelation(text.trim(), context)));
}

type RelationField = 'Pre-Depends' | 'Depends' | 'Conflicts' | 'Breaks' | 'Provides';

const parsed = new WeakMap<PackageRecord, Map<RelationField, Alternatives[]>>();

/** A package's relationship field, parsed once. @throws as parseRelations */
export function relationsOf(record: PackageRecord, field: RelationField): readonly Alternatives[] {
  const fields = parsed.get(record) ?? new Map<RelationField, Alternatives[]>();
  parsed.set(record, fields);
  const held = fields.get(field);
  if (held !== undefined) return held;
  const value = field === 'Provides' ? record.provides : record.field(field);
  const relations = parseRelations(value, `${field} of ${record.name}`);
  fields.set(field, relations);
  return relations;
}

/** Whether the package itself, or something it provides, answers the relation (architecture aside). */
export function answers(record: PackageRecord, relation: Relation): boolean {
  if (record.name === relation.name && constraintMet(relation, record.version)) return true;
  return relationsOf(record, 'Provides').some(
    ([virtual]) => virtual?.name === relation.name && constraintMet(relation, virtual.version?.wanted),
  );
}

function parseRelation(text: string, context: string): Relation {
  const match = pattern.exec(text);
  if (match?.[1] === undefined || match[5] !== undefined || match[6] !== '') {
    throw upstreamError(
      'APT_DEPENDENCY_MALFORMED',
      `${context} has an entry that cannot be read: "${text}"`,
      {
        next: 'Restrictions in [] and <> belong to source packages only; ask the archive’s owner.',
      },
    );
  }
  const [, name, qualifier, sign, wanted] = match;
  const version =
    sign === undefined || wanted === undefined ? undefined : { relation: relationOf(sign), wanted };
  return { name, qualifier, version };
}

/** deb-control(5): `<` and `>` are obsolete and mean `<=` and `>=`. */
function relationOf(sign: string): VersionRelation {
  switch (sign) {
    case '<<':
    case '<=':
    case '>=':
    case '>>':
      return sign;
    case '<':
      return '<=';
    case '>':
      return '>=';
    default:
      return '=';
  }
}

/** The relation as a control file writes it, for messages. */
export function formatRelation({ name, qualifier, version }: Relation): string {
  const suffix = qualifier === undefined ? '' : `:${qualifier}`;
  return `${name}${suffix}${version === undefined ? '' : ` (${version.relation} ${version.wanted})`}`;
}

export function formatAlternatives(alternatives: Alternatives): string {
  return alternatives.map(formatRelation).join(' | ');
}

/** Whether something of this version answers the relation's constraint; a virtual package may have no version. */
export function constraintMet(relation: Relation, version: string | undefined): boolean {
  if (relation.version === undefined) return true;
  return (
    version !== undefined && versionSatisfies(version, relation.version.relation, relation.version.wanted)
  );
}
