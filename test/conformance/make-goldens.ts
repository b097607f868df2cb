// Builds cases with the BuildKit of a real Docker and with a real buildah, and writes down what came out.
// Usage: node make-goldens.ts [TOPIC…]
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { putTinyBase } from '../tiny-base.ts';
import type { Case, Outcome } from './case.ts';
import { topics } from './cases/index.ts';
import { differences, writeGoldens, type Golden } from './golden.ts';
import { factsOf } from './image-facts.ts';
import { buildahOracle, dockerOracle, type Oracle } from './oracles.ts';
import { writeCase } from './write-context.ts';

/** Mount points and files that these builders leave in an image on their own account. */
const left = /^(dev|proc|sys|run|run\/\.containerenv|etc|etc\/(hosts|hostname|resolv\.conf|mtab))$/;

async function outcomeOf(one: Case, oracle: Oracle, directory: string): Promise<Outcome> {
  const written = await writeCase(one, directory);
  try {
    const image = await oracle.build(one, written, directory);
    const { tree, ...facts } = await factsOf(image, oracle.base, one);
    const own = Object.entries(tree).filter(([path]) => !left.test(path) || one.keepsStubs === true);
    return { tree: Object.fromEntries(own), ...facts };
  } catch (error) {
    return { fails: reason(String((error as { stderr?: string }).stderr ?? error)) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The last line that tells why a build failed, without what names this run. */
function reason(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .filter(line => !/^-+$/.test(line.trim()));
  const line = lines.findLast(one => /error|fail/i.test(one)) ?? lines.at(-1) ?? '';
  return line
    .replaceAll(/[\w.-]*\/[\w./-]*(buildah|buildkit|holdfast|overlay)[\w./-]*/g, '…')
    .replaceAll(/\b[0-9a-z]{25,}(::[0-9a-z]+)?\b/g, '…')
    .slice(0, 240);
}

async function goldenOf(one: Case, oracles: readonly Oracle[], work: string): Promise<Golden> {
  const outcomes: [string, Outcome][] = [];
  for (const oracle of oracles) {
    const directory = await mkdtemp(join(work, 'case-'));
    outcomes.push([oracle.name, await outcomeOf(one, oracle, directory)]);
  }
  const wanted = outcomes.find(([name]) => one.by !== undefined && name.startsWith(one.by));
  const [by, outcome] = wanted ?? outcomes[0]!;
  const others = outcomes.filter(([name]) => name !== by);
  const agrees = others.filter(([, other]) => differences(outcome, other).length === 0).map(([name]) => name);
  const differs = others
    .filter(([name]) => !agrees.includes(name))
    .map(([name, other]) => [name, differences(outcome, other).slice(0, 8)]);
  return {
    by,
    ...(agrees.length > 0 && { agrees }),
    ...(differs.length > 0 && { differs: Object.fromEntries(differs) as Record<string, string[]> }),
    ...outcome,
  };
}

const work = await mkdtemp(join(tmpdir(), 'holdfast-goldens-'));
const oracles: Oracle[] = [];
try {
  const base = join(work, 'base');
  await mkdir(base);
  await putTinyBase(base);
  oracles.push(await dockerOracle(base, work), await buildahOracle(base, work));
  const wanted = process.argv.slice(2);
  for (const [topic, cases] of Object.entries(topics)) {
    if (wanted.length > 0 && !wanted.includes(topic)) continue;
    const goldens: Record<string, Golden> = {};
    for (const one of cases) {
      if (one.expect === undefined) goldens[one.name] = await goldenOf(one, oracles, work);
    }
    writeGoldens(topic, goldens);
    process.stderr.write(`${topic}: ${Object.keys(goldens).length}\n`);
  }
} finally {
  for (const oracle of oracles) await oracle.stop();
  await rm(work, { recursive: true, force: true });
}
