import type { Digest, Json } from '../core/index.ts';
import type { InputLine, RecordedInput } from '../lock/index.ts';
import { statement, type Statement } from './statement.ts';

/** What is said of a build: nothing of it comes from a clock, a host or a path. */
export interface ProvenanceFacts {
  readonly name: string | undefined;
  readonly image: Digest;
  readonly inputs: readonly RecordedInput[];
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly platform: string;
  /** RFC 3339. */
  readonly asOf: string;
  readonly version: string;
  /** Names of the recipes by which layers are compressed and normalised. */
  readonly recipes: Readonly<Record<string, Json>>;
  /** Whether all files belong to root because their owners could not be had. */
  readonly ownersLost: boolean;
  /** Only with `mode=max`: arguments may tell more than others shall read. */
  readonly arguments: Readonly<Record<string, string>> | undefined;
}

/** SLSA provenance v1: how the image was built, with every input of the lock as a resolved dependency. */
export function provenanceStatement(facts: ProvenanceFacts): Statement {
  const { name, image, inputs, dockerfile, target, platform, asOf, version, recipes } = facts;
  const external = {
    dockerfile,
    platform,
    ...(target !== undefined && { target }),
    ...(facts.arguments !== undefined && { buildArguments: { ...facts.arguments } }),
  };
  const predicate = {
    buildDefinition: {
      buildType: 'urn:holdfast:build:1',
      externalParameters: external,
      internalParameters: { asOf, ...recipes, ...(facts.ownersLost && { owners: 'lost' }) },
      resolvedDependencies: inputs.map(({ section, line }) => dependency(section, line)),
    },
    runDetails: { builder: { id: 'urn:holdfast:builder', version: { holdfast: version } } },
  };
  return statement(name, image, 'https://slsa.dev/provenance/v1', predicate);
}

/** SLSA provenance v1, ResourceDescriptor. What could not be locked has no digest, and says why. */
function dependency(section: string, line: InputLine): Json {
  const text = (column: string) => (typeof line[column] === 'string' ? line[column] : undefined);
  const sha256 = text('sha256');
  const commit = text('commit');
  const manifest = text('manifest')?.replace(/^sha256:/, '');
  const digest = {
    ...((sha256 ?? manifest) !== undefined && { sha256: (sha256 ?? manifest) as string }),
    ...(commit !== undefined && { gitCommit: commit }),
  };
  const version = text('version');
  const name = text('name') ?? text('reference');
  return {
    uri: text('url') ?? (name === undefined ? section : `${section}:${name}`),
    ...(Object.keys(digest).length > 0 && { digest }),
    ...(name !== undefined && { name: version === undefined ? name : `${name} ${version}` }),
    annotations: {
      kind: section,
      ...(text('reason') !== undefined && { unlocked: text('reason') as string }),
    },
  };
}
