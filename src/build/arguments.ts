import {
  formatPlatform,
  hostPlatform,
  parsePlatform,
  type Platform,
  type SourcePlace,
} from '../core/index.ts';
import { expandWord, frontendOf, type Dockerfile, type Expansion, type Word } from '../dockerfile/index.ts';
import type { BuildEntry } from '../lock/index.ts';
import type { Project } from './project.ts';

/**
 * Arguments that exist without an ARG (Dockerfile reference, "Predefined ARGs"): settings of a proxy, which must
 * not change what is built.
 */
export const proxyArguments: ReadonlySet<string> = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap(name => [
    name,
    name.toLowerCase(),
  ]),
);

/** What ARG and expansion need to know of the whole build. */
export interface GlobalScope {
  /** Values given by the user. */
  readonly buildArguments: Readonly<Record<string, string>>;
  /** The automatic arguments, and those declared before the first FROM that have a value. */
  readonly values: ReadonlyMap<string, string>;
  readonly escape: '\\' | '`';
  readonly file: string;
}

/**
 * The arguments that FROM sees. One that is declared without a default keeps the value that it had, if any.
 * @throws HoldfastError as `expandWord` does
 */
export function globalScope(project: Project): GlobalScope {
  const { dockerfile, dockerfileName: file, request } = project;
  const buildArguments = withContextDate(project);
  const { escape } = dockerfile.directives;
  const values = automaticValues(dockerfile, request, buildArguments);
  const scope = { buildArguments, values, escape, file };
  for (const { name, value } of dockerfile.metaArgs.flatMap(({ args }) => args)) {
    const given = buildArguments[name.text] ?? (value && expandGlobally(scope, value));
    const isContextDate = name.text === sourceDateName && given === contextDate;
    const used = isContextDate ? project.fetched?.date?.toString() : given;
    if (used !== undefined) values.set(name.text, used);
  }
  return scope;
}

/** The arguments of a build that a lock has, for those who read its Dockerfile and build nothing. */
export function givenArguments(
  dockerfile: Dockerfile,
  { target, platform, args = {} }: Pick<BuildEntry, 'target' | 'platform' | 'args'>,
) {
  const asked = { target, platform: parsePlatform(platform) };
  return { build: args, automatic: automaticValues(dockerfile, asked, args) };
}

function automaticValues(
  { stages }: Dockerfile,
  { target, platform }: { readonly target?: string | undefined; readonly platform: Platform },
  buildArguments: Readonly<Record<string, string>>,
): Map<string, string> {
  const stage = target ?? stages.at(-1)?.name ?? 'default';
  return new Map(
    automaticArguments(platform, stage).map(([name, value]) => [name, buildArguments[name] ?? value]),
  );
}

/** The argument that dates an image, and what asks for the date of a context that was fetched. */
export const sourceDateName = 'SOURCE_DATE_EPOCH';
export const contextDate = 'context';

function withContextDate({
  request: { buildArguments },
  fetched,
}: Project): Readonly<Record<string, string>> {
  const { [sourceDateName]: asked, ...others } = buildArguments;
  if (asked !== contextDate) return buildArguments;
  return fetched?.date === undefined ? others : { ...others, [sourceDateName]: String(fetched.date) };
}

/** A word of FROM, or a default before it, with its variables put in. */
export function expandGlobally(scope: GlobalScope, word: Word): string {
  return expansionOf(scope, word).text;
}

/** The variables of such a word that have no value. */
export function unsetGlobally(scope: GlobalScope, word: Word): readonly string[] {
  return expansionOf(scope, word).unset;
}

function expansionOf({ values, escape, file }: GlobalScope, word: Word): Expansion {
  return expandWord(word.text, values, escape, placeOf(word, file));
}

function placeOf({ range }: Word, file: string): SourcePlace {
  return { file, line: range.line, column: range.column };
}

/** Dockerfile reference, "Automatic platform ARGs in the global scope"; names without a value are BuildKit's too. */
function automaticArguments(target: Platform, stage: string): [string, string][] {
  const platforms = { BUILD: hostPlatform(), TARGET: target };
  const named = Object.entries(platforms).flatMap(([prefix, platform]): [string, string][] => [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ]);
  return [...named, ['TARGETSTAGE', stage]];
}

function declaredNames({ metaArgs, stages }: Dockerfile): Set<string> {
  const inStages = stages.flatMap(({ instructions }) => instructions);
  const declared = [...metaArgs, ...inStages].flatMap(one => (one.keyword === 'ARG' ? one.args : []));
  return new Set(declared.map(({ name }) => name.text));
}

/** Build arguments that mean something without an ARG, to BuildKit or here. */
const builtin =
  /^(BUILDKIT_|(BUILD|TARGET)(PLATFORM|OS|OSVERSION|ARCH|VARIANT)$|TARGETSTAGE$|SOURCE_DATE_EPOCH$)/;

/** Build arguments that no ARG declares: Docker warns of them too. */
export function unusedBuildArguments({ dockerfile, request }: Project): string[] {
  const declared = declaredNames(dockerfile);
  return Object.keys(request.buildArguments).filter(
    name => !declared.has(name) && !proxyArguments.has(name) && !builtin.test(name),
  );
}

/**
 * The build arguments that make this build another one: settings of a proxy only where an ARG asks for them
 * (Dockerfile reference, "Predefined ARGs"). They may hold a password, which then stays out of the lock.
 */
export function lockedArguments({
  dockerfile,
  request,
}: Pick<Project, 'dockerfile' | 'request'>): Record<string, string> {
  const declared = declaredNames(dockerfile);
  const kept = Object.entries(request.buildArguments).filter(
    ([name]) => declared.has(name) || !proxyArguments.has(name),
  );
  return Object.fromEntries(kept);
}

/** The frontend image that the user or the Dockerfile names. It is not run: this program is the frontend. */
export function frontendNamed({
  dockerfile,
  arguments: { BUILDKIT_SYNTAX: given },
}: Project): string | undefined {
  return given ?? frontendOf(dockerfile.directives);
}
