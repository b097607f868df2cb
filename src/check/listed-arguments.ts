import { posix } from 'node:path';
import type { Argument, Invocation } from '../dockerfile/shell/index.ts';
import type { Surroundings } from './followed-scripts.ts';

/** Far more than any list that people write. */
const mostListed = 1_000;

/**
 * `xargs dnf install < packages.txt`, `cat packages.txt | xargs …`: what the file lists stands for arguments, each at the
 * place where xargs is given the file. A file that nobody can see stands for one argument that is not known.
 */
export function withListedArguments(invocation: Invocation, surroundings: Surroundings): Invocation {
  if (!invocation.fed) return invocation;
  const list = listGivenTo(invocation);
  const word = (list ?? invocation.program).word;
  const unknown = {
    text: `\${${list === undefined ? 'xargs' : posix.basename(list.text)}}`,
    known: false,
    word,
  };
  const names = list === undefined ? undefined : namesIn(list, surroundings);
  const listed: Argument[] = names?.map(text => ({ text, known: true, word })) ?? [unknown];
  return { ...invocation, args: [...invocation.args, ...listed] };
}

/** The path of the file that xargs reads. */
function listGivenTo({ redirects, input }: Invocation): Argument | undefined {
  const given = redirects.find(({ operator }) => operator === '<')?.target;
  if (given !== undefined) return given;
  const [source] = input;
  if (source === undefined || !/^(cat|grep|egrep|sed|awk|sort|tail|head|tr)$/.test(source.name))
    return undefined;
  const file = source.redirects.find(({ operator }) => operator === '<')?.target;
  return file ?? source.args.findLast(({ text }) => !text.startsWith('-'));
}

/** Comments are what people filter out before: no list of packages has a `#` in a name. */
function namesIn({ text, known }: Argument, { copied, workdir, read }: Surroundings): string[] | undefined {
  if (!known) return undefined;
  for (const candidate of copied.candidates(posix.resolve(workdir, text))) {
    const list = read(candidate);
    if (list === undefined) continue;
    const names = list.split('\n').flatMap(line => line.replace(/#.*$/s, '').split(/\s+/));
    return names.filter(name => name !== '').slice(0, mostListed);
  }
  return undefined;
}
