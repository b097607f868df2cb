import type { Digest, Json } from '../core/index.ts';
import type { RecordedInput } from '../lock/index.ts';
import { lockedComponents } from './component.ts';
import type { Distribution } from './distribution.ts';
import { statement, type Statement } from './statement.ts';

/** What is said of a build: nothing of it comes from a clock, a host or a path. */
export interface ProvenanceFacts {
  readonly name: string | undefined;
  readonly image: Digest;
  readonly inputs: readonly RecordedInput[];
  readonly distribution: Distribution | undefined;
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
  const { name, image, inputs, distribution, dockerfile, target, platform, asOf, version, recipes } = facts;
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
      resolvedDependencies: inputs.map(input =>
        dependency(input, lockedComponents([input], distribution)[0]?.purl),
      ),
    },
    runDetails: { builder: { id: 'urn:holdfast:builder', version: { holdfast: version } } },
  };
  return statement(name, image, 'https://slsa.dev/provenance/v1', predicate);
}

/**
 * SLSA provenance v1, ResourceDescriptor: what it is as a package URL, where it has one, and from where it was taken.
 * What could not be locked has no digest, and says why.
 */
function dependency({ section, line }: RecordedInput, purl: string | undefined): Json {
  const text = (column: string) => (typeof line[column] === 'string' ? line[column] : undefined);
  const sha256 = text('sha256') ?? text('manifest')?.replace(/^sha256:/, '');
  const commit = text('commit');
  const digest = {
    ...(sha256 !== undefined && { sha256 }),
    ...(commit !== undefined && { gitCommit: commit }),
  };
  const [version, url, reason] = [text('version'), text('url'), text('reason')];
  // The suites of an archive have one URL.
  const name = text('name') ?? text('reference') ?? text('suite');
  return {
    uri: purl ?? url ?? (name === undefined ? section : `${section}:${name}`),
    ...(Object.keys(digest).length > 0 && { digest }),
    ...(name !== undefined && { name: version === undefined ? name : `${name} ${version}` }),
    ...(purl !== undefined && url !== undefined && { downloadLocation: url }),
    annotations: { kind: section, ...(reason !== undefined && { unlocked: reason }) },
  };
}
