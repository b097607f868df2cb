import { createCipheriv, hash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tarOf, type TarFile } from '../testkit/tar.ts';
import { pairText, sideBySide, usage } from './measure.ts';

const program = join(import.meta.dirname, '..', 'bin', 'holdfast.js');

/**
 * Two images of 1 GB beside diffoscope, which knows no images: it is given archives as `docker save` makes them, with
 * layers that are not compressed and bear the names of their places, so that it finds which to hold against which and
 * unpacks nothing twice. The same layers, not compressed either, are the blobs of the layouts that Holdfast is given;
 * its store is empty. One layer is shared, one has 20,000 small files with other times of which every hundredth has a
 * line more, and one has large files of which one differs.
 */
export function* benchDiff(place: string, runs: number): Generator<string> {
  for (const other of [false, true]) writeImage(place, other);
  const at = (name: string) => join(place, name);
  const places = ['a', 'b'].map(name => `oci:${at(name)}:1`);
  let [peak, theirPeak] = [0, 0];
  const ours = () => {
    const { seconds, megabytes } = usage({
      argv: [process.execPath, program, 'diff', ...places, '--html', at('page.html')],
      env: { HOLDFAST_STORE: at('diff-store'), HOLDFAST_CACHE: at('diff-cache') },
      before: () => rmSync(at('diff-store'), { recursive: true, force: true }),
      exits: [1],
    });
    peak = Math.max(peak, megabytes);
    return seconds;
  };
  const theirs = () => {
    const { seconds, megabytes } = usage({
      argv: ['diffoscope', '--no-progress', '--html', at('theirs.html'), at('a.tar'), at('b.tar')],
      exits: [1],
    });
    theirPeak = Math.max(theirPeak, megabytes);
    return seconds;
  };
  yield pairText(sideBySide('What differs between two images of 1 GB, as a page', runs, ours, theirs));
  yield `  peak memory of holdfast ${peak} MB, of diffoscope’s own process ${theirPeak} MB\n`;
}

type Part = TarFile & { readonly content: Buffer };

/** `a` or `b`, as a layout and as an archive. */
function writeImage(place: string, other: boolean): void {
  const name = other ? 'b' : 'a';
  const blobs = join(place, name, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const describe = (mediaType: string, bytes: Buffer) => {
    const hex = hash('sha256', bytes);
    writeFileSync(join(blobs, hex), bytes);
    return {
      mediaType: `application/vnd.oci.image.${mediaType}`,
      digest: `sha256:${hex}`,
      size: bytes.length,
    };
  };
  const layers = [
    layerOf(3000, sharedFile),
    layerOf(20_000, n => smallFile(n, other)),
    layerOf(30, n => largeFile(n, other)),
  ].map(parts => describe('layer.v1.tar', Buffer.concat([...parts])));
  const configuration = {
    os: 'linux',
    architecture: 'amd64',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map((_, n) => ({ created_by: `RUN step ${n}` })),
  };
  const bytes = Buffer.from(JSON.stringify(configuration));
  const config = describe('config.v1+json', bytes);
  const document = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers,
  };
  const manifest = describe('manifest.v1+json', Buffer.from(JSON.stringify(document)));
  const annotations = { 'org.opencontainers.image.ref.name': '1' };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  writeFileSync(join(place, name, 'index.json'), JSON.stringify(index));
  writeFileSync(join(place, name, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeArchive(
    join(place, `${name}.tar`),
    bytes,
    layers.map(({ digest }) => join(blobs, digest.slice(7))),
  );
}

function writeArchive(file: string, config: Buffer, layers: readonly string[]): void {
  const names = layers.map((_, n) => `${n}/layer.tar`);
  const manifest = Buffer.from(
    JSON.stringify([{ Config: 'config.json', RepoTags: ['app:1'], Layers: names }]),
  );
  const documents = [
    { path: 'config.json', content: config },
    { path: 'manifest.json', content: manifest },
  ];
  writeFileSync(file, tarOf(documents).subarray(0, -1024));
  for (const [n, layer] of layers.entries()) {
    const content = readFileSync(layer);
    appendFileSync(file, headerOf(names[n] ?? '', content.length));
    appendFileSync(file, content);
    appendFileSync(file, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  appendFileSync(file, Buffer.alloc(1024));
}

/** A header for a file whose content follows: that of an empty one, with another size. */
function headerOf(path: string, size: number): Buffer {
  const header = tarOf([{ path }]).subarray(0, 512);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function* layerOf(count: number, fileAt: (n: number) => Part): Iterable<Buffer> {
  for (let n = 0; n < count; n++) yield tarOf([fileAt(n)]).subarray(0, -1024);
  yield Buffer.alloc(1024);
}

const sharedFile = (n: number): Part => ({
  path: `usr/share/${n % 50}/file${n}`,
  content: noise(`shared ${n}`, 100_000),
});

function smallFile(n: number, other: boolean): Part {
  const line = `line of file ${n} that says nothing of interest to anybody at all\n`;
  const content = Buffer.from(line.repeat(300) + (other && n % 100 === 0 ? 'one line more\n' : ''));
  return { path: `usr/lib/${n % 200}/file${n}.py`, content, mtime: other ? 1_780_000_000 : 1_770_000_000 };
}

const largeFile = (n: number, other: boolean): Part => ({
  path: `opt/large/file${n}.bin`,
  content: noise(other && n === 7 ? 'other' : `large ${n}`, 10_000_000),
});

/** Bytes that do not compress, the same for the same seed. */
function noise(seed: string, length: number): Buffer {
  const key = hash('sha256', seed, 'buffer');
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
