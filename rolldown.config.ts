import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

/** To import node:process makes Node list all its own options, in 3 ms of every start; the global is the same. */
const globalProcess: Plugin = {
  name: 'global-process',
  resolveId: id => (id === 'node:process' ? '\0process' : undefined),
  load: id => (id === '\0process' ? 'export default globalThis.process;' : undefined),
};

/**
 * A text in which each character takes one byte is read faster than another: of a file with a single dash in a message
 * V8 makes one of two bytes each. No source has such a character outside of strings, patterns and comments.
 */
const inAscii: Plugin = {
  name: 'in-ascii',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk')
        file.code = file.code.replace(
          /[^\0-\x7F]/g,
          unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
  },
};

/** What others wrote and is in these files may be passed on with its licence beside it. */
const licences: Plugin = {
  name: 'licences',
  generateBundle() {
    const packages = new Set(
      [...this.getModuleIds()].flatMap(
        id => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? [],
      ),
    );
    const texts = [...packages].toSorted().map(directory => {
      const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      const file = readdirSync(directory).find(entry => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${directory} has no text of a licence`);
      return `${name} ${version}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`;
    });
    this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join('\n\n') });
  },
};

/**
 * To import a module of Node's makes it read whatever that exports, and so load what lies behind: `node:fs` alone leads
 * to worker threads. Ten milliseconds of every start; asked for by name, only what is named is read.
 */
const namedBuiltins: Plugin = {
  name: 'named-builtins',
  renderChunk: code =>
    code.replace(
      /^import (?:(\w+)|\{([^}]*)\}) from "(node:[^"]+)";$/gm,
      (_, whole: string | undefined, names: string | undefined, id: string) =>
        `const ${whole ?? `{${names?.replaceAll(' as ', ': ')}}`} = process.getBuiltinModule("${id}");`,
    ),
};

/**
 * The program in a few files: Node.js takes a third of a second to find and read five hundred. All files lie beside
 * each other, as the code that starts `holder` expects.
 */
export default defineConfig({
  input: {
    main: 'src/cli/main.ts',
    library: 'src/library.ts',
    holder: 'src/sandbox/network/holder.ts',
    'check-worker': 'src/check/check-worker.ts',
    'search-worker': 'src/image/normalise/search-worker.ts',
  },
  platform: 'node',
  plugins: [globalProcess, namedBuiltins, inAscii, licences],
  // What a command does not use of a folder it need not load: no module of ours does anything but define.
  treeshake: {
    moduleSideEffects: id => !id.includes('/src/') || id.endsWith('-worker.ts') || id.endsWith('holder.ts'),
  },
  // Loaded where they are needed, as their authors publish them.
  external: ['openpgp', 'pako', 'undici', 'xz-decompress'],
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    minify: { compress: false, mangle: false },
  },
});
