import type { Command } from 'commander';
import { HoldfastError, usageError } from '../core/index.ts';
import { familiarReference, type Reference, type RegistryClient } from '../registry/index.ts';
import { registryReference } from './named-place.ts';
import { addOneRegistryOptions, withRegistry, type OneRegistryOptions } from './one-registry.ts';
import { printJsonOrText } from './print.ts';

export function deleteCommand(program: Command): void {
  addOneRegistryOptions(
    program
      .command('delete')
      .description('take a tag out of a registry; or, by digest, a manifest with every tag that it has')
      .argument('<image>', 'with a tag or a digest')
      .option('--json', 'the result as JSON on stdout'),
  ).action(async (name: string, options: OneRegistryOptions) => {
    const reference = registryReference(name);
    const what = reference.digest ?? reference.tag;
    if (what === undefined) {
      throw usageError('DELETE_WHAT', `${familiarReference(reference)} says neither tag nor digest`, {
        next: 'Name what is to be deleted as REPOSITORY:TAG or REPOSITORY@DIGEST.',
      });
    }
    await withRegistry(options, [reference.domain], async client => remove(await client(), reference, what));
    printJsonOrText(
      options,
      { deleted: familiarReference(reference) },
      `deleted ${familiarReference(reference)}`,
    );
  });
}

async function remove(client: RegistryClient, reference: Reference, what: string): Promise<void> {
  const repository = client.repository(reference);
  try {
    await repository.delete(what);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'REGISTRY_REFUSED') throw error;
    const { tag: _, ...rest } = reference;
    const whole = familiarReference({ ...rest, digest: undefined });
    if (what === reference.digest) throw error;
    const found = await repository.head(what);
    if (found === undefined) {
      throw new HoldfastError(error.exit, 'REGISTRY_UNKNOWN', `${whole} has no tag ${what}`, {
        next: `See what there is: holdfast tags ${whole}`,
        cause: error,
      });
    }
    throw new HoldfastError(error.exit, error.code, error.message, {
      next: `Registries that delete no tags delete manifests, with all their tags: holdfast delete ${whole}@${found.digest}`,
      cause: error,
    });
  }
}
