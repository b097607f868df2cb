import type { Command } from 'commander';
import { repositoryName } from '../registry/index.ts';
import { printable } from '../report/index.ts';
import { registryReference } from './named-place.ts';
import { addOneRegistryOptions, withRegistry, type OneRegistryOptions } from './one-registry.ts';

export function tagsCommand(program: Command): void {
  addOneRegistryOptions(
    program
      .command('tags')
      .alias('list-tags')
      .description('the tags of a repository, a line each')
      .argument('<repository>', 'for example registry.example.org/team/app')
      .option('--json', 'the result as JSON on stdout'),
  ).action(async (name: string, options: OneRegistryOptions) => {
    const repository = registryReference(name);
    await withRegistry(options, [repository.domain], async client => {
      const tags: string[] = [];
      for await (const tag of (await client()).tags(repository)) {
        // A list may be long: each line is out as soon as it is known.
        if (options.json === true) tags.push(tag);
        else process.stdout.write(`${printable(tag)}\n`);
      }
      // skopeo's words, for scripts that read it.
      const json = { Repository: repositoryName(repository), Tags: tags };
      if (options.json === true) process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
    });
  });
}
