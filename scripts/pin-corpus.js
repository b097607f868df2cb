// `pin` on Dockerfiles of others: `node scripts/pin-corpus.js DIR`. As if a lock held all that they name: nothing may crash,
// what is pinned must parse to the same steps, and pinning twice must be pinning once.
import { analyse, discover, readText } from '../src/check/index.ts';
import { HoldfastError, sha256 } from '../src/core/index.ts';
import { parseDockerfile } from '../src/dockerfile/index.ts';
import { exactForms } from '../src/kinds/pins/index.ts';
import { aFile, anArchive, aPackage, pinnedTwice } from '../src/pin/testing.ts';

const [directory = '.'] = process.argv.slice(2);
const script = 'a script\n';
const totals = { files: 0, unparsed: 0, pins: {}, unpinned: {}, slowest: 0 };
const wrong = [];
for (const path of discover([directory]).dockerfiles) {
  const read = readText(path);
  if ('unread' in read) continue;
  const dockerfile = parsed(read.text, path);
  if (dockerfile === undefined) totals.unparsed++;
  else for (const vendored of [false, true]) await pin(path, read.text, dockerfile, vendored);
}
console.log(totals);
for (const one of wrong) console.error(one);
if (wrong.length > 0) process.exitCode = 1;

async function pin(path, text, dockerfile, vendored) {
  const { images, runs } = analyse(dockerfile);
  const others = images.map(({ reference }) => imageLine(reference));
  const took = dockerfile.stages.flatMap(({ instructions }) =>
    instructions
      .filter(({ keyword }) => keyword === 'RUN')
      .map(instruction => {
        const place = runs.find(({ step }) => step.instruction === instruction);
        return place?.run.requests.flatMap(takenFor) ?? [];
      }),
  );
  const start = performance.now();
  try {
    const { pins, unpinned } = await pinnedTwice(text, took, { others, blobs: [script], vendored });
    totals.files++;
    for (const { kind } of pins) totals.pins[kind] = (totals.pins[kind] ?? 0) + 1;
    for (const { code } of unpinned) totals.unpinned[code] = (totals.unpinned[code] ?? 0) + 1;
  } catch (error) {
    wrong.push(`${path}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  totals.slowest = Math.max(totals.slowest, performance.now() - start);
}

function takenFor({ ecosystem, action, items = [], url }) {
  const taken = ecosystem === 'apt' ? [anArchive('http://archive.test/debian/', 'Debian')] : [];
  if (action === 'install' && ecosystem in exactForms)
    for (const { name } of items.filter(one => /^[\w@][\w.@/+:-]*$/.test(one.name)))
      taken.push(aPackage(ecosystem, ecosystem === 'cpan' ? name.replaceAll('::', '-') : name, '1.2.3-4'));
  if (action === 'restore' && ecosystem === 'pypi') taken.push(aPackage('pypi', 'flask', '1.0'));
  if (action === 'download' && url.known && URL.canParse(url.text))
    taken.push(aFile(new URL(url.text).href, script));
  if (action === 'clone' && url.known)
    taken.push({ section: 'git', line: { url: url.text, commit: 'a'.repeat(40), size: 1, sha256: 'aa' } });
  return taken;
}

function imageLine(reference) {
  const [index, manifest, config] = [reference, 'manifest', 'config'].map(text => sha256(text));
  return {
    section: 'image',
    line: { reference, platform: 'linux/amd64', index, manifest, config, diffIds: [] },
  };
}

function parsed(text, path) {
  try {
    return parseDockerfile(text, path);
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}
