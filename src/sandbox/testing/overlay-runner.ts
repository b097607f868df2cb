/** Mounts overlays in namespaces of its own and writes what it finds as JSON. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterNamespaces } from '../enter.ts';
import { Mounter } from '../helper/mounter.ts';
import { mountOverlay, type OverlayOptions, unmount } from '../overlay.ts';

enterNamespaces('namespaces');
const mounter = new Mounter();
const scratch = mkdtempSync(join(tmpdir(), 'holdfast-overlay-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const make = (name: string): string => {
  mkdirSync(join(scratch, name), { recursive: true });
  return join(scratch, name);
};

/** As many layers as Docker allows, with paths that would be far too long together, and with awkward characters. */
const lowers = Array.from({ length: 128 }, (_, index) => {
  const layer = make(`${'long-'.repeat(20)}a:b,c\\d e/${index}`);
  writeFileSync(join(layer, `file${index}`), String(index));
  writeFileSync(join(layer, 'all'), String(index));
  mkdirSync(join(layer, 'dir'));
  writeFileSync(join(layer, 'dir', `file${index}`), '');
  return layer;
});
const target = make('target, with: odd');
const options = { lowers, upper: make('upper'), work: make('work'), target, volatile: true };

async function mounted<T>(overlay: OverlayOptions, look: () => T): Promise<T> {
  await mountOverlay(overlay, mounter);
  try {
    return look();
  } finally {
    await unmount(overlay.target, mounter);
  }
}

const writable = await mounted(options, () => {
  rmSync(join(target, 'dir'), { recursive: true });
  mkdirSync(join(target, 'dir'));
  rmSync(join(target, 'file5'));
  return {
    files: readdirSync(target).length,
    top: readFileSync(join(target, 'all'), 'utf8'),
    dir: readdirSync(join(target, 'dir')),
  };
});
const whiteout = lstatSync(join(options.upper, 'file5'));

function refused(write: () => void): string {
  try {
    write();
    return 'written';
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code ?? '';
  }
}
const readOnly = await mounted({ lowers: [options.upper, ...lowers], target }, () => ({
  dir: readdirSync(join(target, 'dir')),
  file5: existsSync(join(target, 'file5')),
  write: refused(() => writeFileSync(join(target, 'new'), '')),
}));
const single = await mounted({ lowers: lowers.slice(0, 1), target }, () => ({
  files: readdirSync(target),
  write: refused(() => writeFileSync(join(target, 'new'), '')),
}));
const none = await mounted({ lowers: [], upper: make('alone'), target }, () => {
  writeFileSync(join(target, 'new'), '');
  return statSync(join(scratch, 'alone/new')).size;
});
const codeOf = (thrown: unknown) => (thrown as { code?: string }).code;
const errors = [
  await mountOverlay({ lowers: [], target }, mounter).catch(codeOf),
  await mountOverlay({ lowers, upper: options.upper, target }, mounter).catch(codeOf),
  await mountOverlay({ lowers: [join(scratch, 'missing'), ...lowers], target }, mounter).catch(codeOf),
  await unmount(target, mounter).catch(codeOf),
];
await mounter.close();
const isWhiteout = whiteout.isCharacterDevice() && whiteout.rdev === 0;
console.log(JSON.stringify({ writable, isWhiteout, readOnly, single, none, errors }));
