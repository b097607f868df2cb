import { posix } from 'node:path';
import { analyse, isGitUrl, isHttpUrl, resolved } from '../check/index.ts';
import { goMatch, IgnoreMatcher, parseDockerfile, type Mount, type Word } from '../dockerfile/index.ts';

/**
 * Whether some step of a Dockerfile takes a file of the context: by COPY or ADD, or in a mount. Sources that hold
 * variables without a value are none.
 * @param path of the file in the context
 * @throws HoldfastError what parseDockerfile throws
 */
export function takesFile(text: string, file: string, path: string): boolean {
  const { stages, dockerfile } = analyse(parseDockerfile(text, file));
  const steps = stages.flatMap(stage => stage.steps).filter(({ onbuild }) => !onbuild);
  return steps.some(({ instruction, values }) => {
    const texts = (words: readonly Word[]) =>
      words
        .map(word => resolved(word, values, dockerfile.directives.escape))
        .flatMap(({ known, text: value }) => (known ? [value] : []));
    if (instruction.keyword === 'RUN')
      return instruction.mounts.some(mount => mountsFile(mount, path, texts));
    if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') return false;
    if (instruction.keyword === 'COPY' && instruction.from !== undefined) return false;
    const excluded = new IgnoreMatcher(texts(instruction.exclude));
    const sources = texts(instruction.sources).filter(source => !isHttpUrl(source) && !isGitUrl(source));
    const places = sources.map(source => placeBelow(source, path));
    return places.some(place => place !== undefined && !excluded.matches(place));
  });
}

function mountsFile(
  { fields, from }: Mount,
  path: string,
  texts: (words: readonly Word[]) => string[],
): boolean {
  const fieldOf = (...names: string[]) =>
    texts(fields.flatMap(({ name, value }) => (value && names.includes(name) ? [value] : [])))[0];
  if (from !== undefined || (fieldOf('type') ?? 'bind') !== 'bind') return false;
  return placeBelow(fieldOf('source', 'src') ?? '/', path) !== undefined;
}

/** Where a path lies below a source, which may hold wildcards; nothing where it does not. */
function placeBelow(source: string, path: string): string | undefined {
  const pattern = posix.resolve('/', source).slice(1);
  if (pattern === '') return path;
  const parts = path.split('/');
  const at = parts.findIndex((_, n) => goMatch(pattern, parts.slice(0, n + 1).join('/')));
  return at < 0 ? undefined : parts.slice(at + 1).join('/') || posix.basename(path);
}
