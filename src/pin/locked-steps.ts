import { hexOf, sha256, type Digest } from '../core/index.ts';
import { canonicalInstruction, type Instruction } from '../dockerfile/index.ts';
import type { KindName } from '../kinds/index.ts';
import type { NamedPackage } from '../kinds/pins/index.ts';
import {
  lineText,
  type InputLine,
  type InputSection,
  type Recording,
  type StepRecording,
} from '../lock/index.ts';

/** A package that a step took. */
export interface LockedPackage extends NamedPackage {
  /** In hex. */
  readonly sha256: string;
}

/** What one step took, in all builds of the lock that run it. */
export interface LockedStep {
  /** How many builds those are. */
  readonly builds: number;
  packages(kind: KindName): readonly LockedPackage[];
  /** Whether all builds took the same packages, by name and version. */
  isSameEverywhere(kind: KindName): boolean;
  /** The lines of the lock for suites of archives, for each build. */
  archives(): readonly (readonly InputLine[])[];
  commits(): readonly InputLine[];
  /** SHA-256 in hex of what a GET of the URL gave in the end; nothing where it gave several things, or none. */
  body(url: string): string | undefined;
  /** All lines of the lock for the step, with their sections, sorted. */
  lines(): readonly string[];
  /** Downloads that no kind knows as a package. */
  files(): readonly StepFileInput[];
}

export interface StepFileInput {
  readonly method: string;
  readonly url: string;
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

interface RecordedStep {
  readonly step: StepRecording;
  readonly lines: readonly { readonly section: InputSection; readonly line: InputLine }[];
}

/** Finds what the steps of a Dockerfile took, by what their instructions say. */
export class LockedSteps {
  readonly #recordings: readonly Recording[];

  constructor(recordings: readonly Recording[]) {
    this.#recordings = recordings;
  }

  /** @param id `stage/ordinal` as recordings count; the same instruction may stand elsewhere too. */
  of(instruction: Instruction, id: string): LockedStep | undefined {
    const command = sha256(canonicalInstruction(instruction));
    const found = this.#recordings.flatMap(recording => {
      const same = recording.steps.filter(step => step.command === command);
      const step = same.find(one => one.step === id) ?? same[0];
      return step === undefined ? [] : [recordedStep(step, recording)];
    });
    return found.length === 0 ? undefined : lockedStep(found);
  }
}

function recordedStep(step: StepRecording, { inputs }: Recording): RecordedStep {
  const urls = new Set(step.exchanges.map(({ key }) => key.url));
  // A line names the first step that took it; others are known by its URL.
  const lines = inputs.filter(({ url }) => url !== undefined && urls.has(url));
  return { step, lines };
}

function lockedStep(found: readonly RecordedStep[]): LockedStep {
  const inSection = ({ lines }: RecordedStep, section: string) =>
    lines.filter(one => one.section === section).map(({ line }) => line);
  const packagesOf = (one: RecordedStep, kind: KindName) => inSection(one, kind).map(packageOf);
  return {
    builds: found.length,
    packages: kind => found.flatMap(one => packagesOf(one, kind)),
    isSameEverywhere: kind =>
      new Set(
        found.map(one => {
          const names = packagesOf(one, kind).map(({ name, version }) => `${name} ${version}`);
          return [...new Set(names)].toSorted().join('\n');
        }),
      ).size === 1,
    archives: () => found.map(one => inSection(one, 'archives')),
    commits: () => found.flatMap(one => inSection(one, 'git')),
    body: url => {
      const bodies = found.map(({ step }) => bodiesAt(url, step));
      const [first, ...others] = new Set(bodies.flat());
      const everywhere = bodies.every(({ length }) => length > 0);
      return first !== undefined && others.length === 0 && everywhere ? hexOf(first) : undefined;
    },
    lines: () => {
      const texts = found.flatMap(({ lines }) =>
        lines.map(({ section, line }) => `${section} ${lineText(section, line)}`),
      );
      return [...new Set(texts)].toSorted();
    },
    files: () => uniqueFiles(found.flatMap(one => inSection(one, 'file')).flatMap(fileOf)),
  };
}

function packageOf(line: InputLine): LockedPackage {
  const { name, version, architecture, sha256: hex, url } = line;
  return {
    name: String(name),
    version: String(version),
    ...(architecture !== undefined && { architecture: String(architecture) }),
    sha256: String(hex),
    url: String(url),
  };
}

function fileOf({ method = 'GET', url, status, size, sha256: hex }: InputLine): StepFileInput[] {
  if (status !== undefined || typeof size !== 'number' || typeof hex !== 'string') return [];
  return [{ method: String(method), url: String(url), size, sha256: hex }];
}

function uniqueFiles(files: readonly StepFileInput[]): StepFileInput[] {
  const byText = new Map(files.map(one => [`${one.url}\n${one.method}\n${one.sha256}`, one]));
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** As many redirects as curl follows by default would be 50; recordings hold those that were followed. */
const mostRedirects = 20;

/** What a plain GET gave, each time it was asked. */
function bodiesAt(url: string, { exchanges }: StepRecording): Digest[] {
  let at = plainUrl(url);
  for (let hops = 0; hops < mostRedirects && at !== undefined; hops++) {
    const wanted = at;
    const answers = exchanges
      .filter(({ key }) => key.method === 'GET' && key.url === wanted && key.body === undefined)
      .flatMap(({ responses }) => responses);
    const locations = answers.map(({ status, headers }) =>
      status >= 300 && status < 400 ? headers.find(([name]) => name === 'location')?.[1] : undefined,
    );
    const [location] = locations;
    if (location === undefined || new Set(locations).size > 1)
      return answers.flatMap(({ status, body }) => (status === 200 && body ? [body.digest] : []));
    at = plainUrl(location, at);
  }
  return [];
}

/** As the gateway keys it: without credentials and fragment; curl takes a URL without a scheme for HTTP. */
function plainUrl(text: string, base?: string): string | undefined {
  const whole = base === undefined && !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? `http://${text}` : text;
  if (!URL.canParse(whole, base)) return undefined;
  const url = new URL(whole, base);
  url.hash = '';
  url.username = '';
  url.password = '';
  return url.href;
}
