// Builds cases with Holdfast, all in one process, and prints what came out, as JSON by name.
// Usage: node build-cases.ts [--isolation NAME] [--line LINE] DIRECTORY [TOPIC…]; `--line` adds a line to each Dockerfile.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  lockProject,
  openProject,
  readLockState,
  Agents,
  Secrets,
  withRuntime,
  type BuildRuntime,
} from '../../src/build/index.ts';
import { HoldfastError, hostPlatform } from '../../src/core/index.ts';
import { enterNamespaces, isolations, openSandbox } from '../../src/sandbox/index.ts';
import { Store } from '../../src/store/index.ts';
import { putTinyBase } from '../tiny-base.ts';
import { topics } from './cases/index.ts';
import type { Case, LayersAndOutcome } from './case.ts';
import { diffIds, factsOf, type BuiltImage } from './image-facts.ts';
import { storedImage } from './own-images.ts';
import { writeCase } from './write-context.ts';

/** How many are built side by side. */
const atOnce = 4;

async function build(one: Case, directory: string, runtime: BuildRuntime): Promise<BuiltImage> {
  const { context, dockerfile } = await writeCase(one, directory);
  const project = await openProject(
    {
      directory: context,
      file: dockerfile,
      target: one.target,
      platform: hostPlatform(),
      platformGiven: false,
      buildArguments: one.args ?? {},
      contexts: {},
      lockfile: join(directory, 'holdfast.lock'),
      labels: {},
      withoutRules: [],
    },
    {
      standardInput: process.stdin,
      scratch: () => Promise.reject(new Error('no case needs it')),
      fetch: () => Promise.reject(new Error('no case needs it')),
    },
  );
  const built = await lockProject(project, await readLockState(project, runtime), runtime, {
    asOf: '2026-01-01T00:00:00Z',
    useCache: false,
  });
  return storedImage(runtime.store, built.image.digest);
}

function grantsOf({ secrets = {} }: Case): BuildRuntime['grants'] {
  const sources = Object.keys(secrets).map(id => [id, { from: 'variable', name: id }] as const);
  return {
    secrets: new Secrets(new Map(sources), secrets),
    agents: new Agents(new Map()),
    allowed: new Set(),
  };
}

async function outcomeOf(
  one: Case,
  directory: string,
  base: BuiltImage,
  runtime: BuildRuntime,
): Promise<LayersAndOutcome> {
  try {
    const image = await build(one, directory, { ...runtime, grants: grantsOf(one) });
    return { ...(await factsOf(image, base, one)), layers: diffIds(image.config) };
  } catch (error) {
    return { fails: error instanceof HoldfastError ? error.code : String((error as Error).stack) };
  }
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    isolation: { type: 'string', default: 'namespaces' },
    line: { type: 'string', default: '' },
  },
});
const [directory = '', ...wanted] = positionals;
const isolation = isolations.find(name => name === options.isolation) ?? 'namespaces';
if (isolation !== 'chroot') enterNamespaces(isolation);
const place = (name: string) => join(directory, name);
await Promise.all(['store', 'cache'].map(name => mkdir(place(name), { recursive: true })));
await putTinyBase(place('store'));

const outcomes = await withRuntime(
  {
    store: place('store'),
    cache: place('cache'),
    env: { PATH: process.env['PATH'] },
    onEvent: () => {},
    sandbox: openSandbox(isolation, place('sandbox')),
    canRunSteps: true,
    pull: false,
    remotes: [],
    addHosts: new Map(),
    ports: () => [],
    signal: new AbortController().signal,
    grants: grantsOf({ name: '', dockerfile: '' }),
  },
  async runtime => {
    const tiny = await (await Store.open(place('store'))).tagged('tiny:1');
    if (tiny === undefined) throw new Error('the base has been put there');
    const base = await storedImage(runtime.store, tiny.digest);
    const chosen = Object.entries(topics).filter(([topic]) => wanted.length === 0 || wanted.includes(topic));
    const left = [...chosen.flatMap(([, list]) => list).entries()];
    const done: [string, LayersAndOutcome][] = [];
    const worker = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [n, one] = next;
        const longer = { ...one, dockerfile: `${one.dockerfile.trimEnd()}\n${options.line}\n` };
        const built = options.line === '' ? one : longer;
        done.push([one.name, await outcomeOf(built, place(`case-${n}`), base, runtime)]);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return Object.fromEntries(done);
  },
);
process.stdout.write(JSON.stringify(outcomes));
