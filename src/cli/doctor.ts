import type { Command } from 'commander';
import { exitCodes } from '../core/index.ts';
import { formatBytes } from '../report/index.ts';
import type { Examination, IdRange } from '../sandbox/index.ts';
import { addPlaceOptions, type PlaceOptions, printResult } from './common.ts';
import { isolationFor, placesFor } from './environment.ts';
import { type MachineFacts, machineFacts, type PlaceFacts } from './machine-facts.ts';

export function doctorCommand(program: Command): void {
  addPlaceOptions(
    program.command('doctor').description('tell whether and how this machine can build, and what it lacks'),
  ).action(async (options: PlaceOptions) => {
    const places = placesFor({ store: options.store, cache: options.cacheDir }, process.env);
    const facts = await machineFacts(isolationFor(options, process.env), places, process.env);
    const canBuild = chosen(facts)?.probe !== undefined;
    printResult(options, { canBuild, ...facts, sandboxes: facts.sandboxes.map(asJson) }, report(facts));
    if (!canBuild) process.exitCode = exitCodes.usage;
  });
}

const chosen = ({ sandboxes, isolation }: MachineFacts) => sandboxes.find(one => one.isolation === isolation);

function asJson({ isolation, probe, problem }: Examination) {
  const found = probe && { summary: probe.summary, notes: probe.notes };
  const missing = problem && { code: problem.code, message: problem.message, next: problem.next };
  return { isolation, works: probe !== undefined, ...found, ...missing };
}

/** A table: what was looked at, and below it what was found, each on a line. */
function report(facts: MachineFacts): string {
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['machine', [`Linux ${facts.kernel}, Node.js ${facts.node}, user ${facts.uid}`]],
    ['isolation', facts.sandboxes.flatMap(one => sandboxLines(one, one.isolation === facts.isolation))],
    ['tools', toolLines(facts)],
    ['store', [placeLine(facts.store)]],
    ['cache', [placeLine(facts.cache)]],
    ['subordinate ids', idLines(facts)],
    ['registries', credentialLines(facts)],
    ['result', [resultLine(facts)]],
  ];
  const width = Math.max(...sections.map(([title]) => title.length)) + 2;
  return sections
    .flatMap(([title, lines]) => lines.map((line, n) => `${(n === 0 ? title : '').padEnd(width)}${line}`))
    .join('\n');
}

function sandboxLines({ isolation, probe, problem }: Examination, isChosen: boolean): string[] {
  const name = `${isolation}${isChosen ? ' (used)' : ''}`;
  if (probe !== undefined)
    return [`${name}: works, ${probe.summary}`, ...probe.notes.map(note => `  ${note}`)];
  return [`${name}: ${problem?.message ?? ''}`, `  next: ${problem?.next ?? ''}`];
}

function toolLines({ tools }: MachineFacts): string[] {
  const missing = tools.filter(({ path }) => path === undefined);
  if (missing.length === 0) return ['all there'];
  return missing.map(
    ({ name, package: owner, neededFor }) =>
      `${name} is missing (Debian package ${owner}), needed for ${neededFor.join(', ')}`,
  );
}

function placeLine({ path, exists, writable, freeBytes }: PlaceFacts): string {
  const state = writable ? (exists ? '' : ', not made yet') : ', not writable';
  return `${path}, ${formatBytes(freeBytes)} free${state}`;
}

function idLines({ uid, subordinateIds: { uids, gids } }: MachineFacts): string[] {
  if (uid === 0) return ['not needed by root'];
  if (uids.length === 0 || gids.length === 0) return ['none'];
  return [`users ${uids.map(rangeText).join(', ')}; groups ${gids.map(rangeText).join(', ')}`];
}

const rangeText = ({ first, count }: IdRange) => `${first}-${first + count - 1}`;

function credentialLines({ credentials }: MachineFacts): string[] {
  if ('problem' in credentials) return [credentials.problem];
  const { file, registries, helper } = credentials;
  if (registries.length === 0 && helper === undefined) return [`no credentials in ${file}`];
  const names = registries.length === 0 ? '' : `${registries.join(', ')} `;
  return [`credentials for ${names}in ${file}${helper === undefined ? '' : `, and what ${helper} has`}`];
}

function resultLine(facts: MachineFacts): string {
  if (chosen(facts)?.probe !== undefined) return `steps run with --isolation ${facts.isolation}`;
  const weaker = facts.sandboxes.flatMap(({ isolation, probe }) => (probe === undefined ? [] : isolation));
  const way = weaker.length === 0 ? '' : `; they would with --isolation ${weaker.join(' or ')}`;
  return `steps cannot run with --isolation ${facts.isolation}${way}`;
}
