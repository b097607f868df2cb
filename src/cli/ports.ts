import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../build/index.ts';

/** As many listeners as a build may need, and a process has files for. */
const mostPorts = 200;
/** A context is looked through for as long as nobody notices. */
const mostFiles = 4000;
const largestFile = 256 * 1024;
const settingsFiles = ['.npmrc', 'pip.conf', '.yarnrc', '.yarnrc.yml', 'package.json'];

/**
 * Ports that the Dockerfiles, their arguments and the settings of package managers name, and those of URLs in whatever
 * other files of the context: the gateway listens on these.
 */
export function portsNamed(...projects: readonly Project[]): number[] {
  const contexts = new Map(projects.map(project => [project.context, project]));
  const copied = [...contexts.values()].flatMap(project => [...urlsIn(filesOf(project))]);
  return firstPorts([...projects.flatMap(portsOf), ...copied]);
}

export function portsIn(texts: readonly string[]): number[] {
  return firstPorts(
    texts.flatMap(text => [...text.matchAll(/[a-z0-9.\]-]:(\d{2,5})\b/gi)].map(([, port]) => Number(port))),
  );
}

function portsOf({ context, dockerfile, request }: Project): number[] {
  const { buildArguments, contexts } = request;
  const settings = settingsFiles.map(name => readIfThere(join(context, name)));
  return portsIn([
    dockerfile.text,
    ...Object.values(buildArguments),
    ...Object.values(contexts),
    ...settings,
  ]);
}

function firstPorts(ports: readonly number[]): number[] {
  return [...new Set(ports.filter(port => port > 0 && port < 65_536))].slice(0, mostPorts);
}

/** A name without a dot is a program's own neighbour, or this machine. */
const urlWithPort = /\b(?:https?|ftp):\/\/(?:[^\s/"'<>@]*@)?(?:[\w-]+\.)+[\w-]+:(\d{1,5})\b/gi;
const ownAddress = /:\/\/(?:[^/@]*@)?(?:127\.|0\.0\.0\.0)/;

function* urlsIn(texts: Iterable<string>): Generator<number> {
  for (const text of texts)
    for (const [url, port] of text.matchAll(urlWithPort)) if (!ownAddress.test(url)) yield Number(port);
}

/** The texts of the context that steps may be given. */
function* filesOf({ context, ignore }: Project): Generator<string> {
  let seen = 0;
  const waiting = [''];
  for (let directory = waiting.shift(); directory !== undefined; directory = waiting.shift()) {
    for (const entry of entriesOf(join(context, directory))) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.name === '.git' || entry.name === 'node_modules' || ignore.matches(path)) continue;
      if (entry.isDirectory()) waiting.push(path);
      if (!entry.isFile()) continue;
      if (++seen > mostFiles) return;
      const text = readIfThere(join(context, path));
      if (!text.includes('\0')) yield text;
    }
  }
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readIfThere(path: string): string {
  try {
    return statSync(path).size > largestFile ? '' : readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
