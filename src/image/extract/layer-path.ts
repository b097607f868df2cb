import { byteString, type ByteString } from '../filesystem/byte-string.ts';
import { shownPath, tarError } from '../tar/index.ts';

/** Exit 4: the entry would reach outside the layer, or says something that no layer means. */
export function unsafe(path: Buffer, fault: string): Error {
  return tarError('TAR_UNSAFE', `Layer entry ${shownPath(path)} ${fault}`);
}

/**
 * The names that lead to an entry from the layer's root; none for the root itself.
 * @throws HoldfastError TAR_UNSAFE for absolute paths and for `..`
 */
export function layerPath(path: Buffer, entry: Buffer = path): readonly ByteString[] {
  const what = path === entry ? '' : `links to ${shownPath(path)}, which `;
  const text = byteString(path);
  if (text.startsWith('/')) throw unsafe(entry, `${what}is absolute`);
  const names = text.split('/').filter(name => name !== '' && name !== '.');
  if (names.includes('..')) throw unsafe(entry, `${what}leads out of its directory`);
  return names;
}

/** What an entry's last name means: OCI image-spec layer.md, "Whiteouts"; AUFS' own entries say nothing to us. */
export type Marker =
  | { readonly kind: 'entry' }
  | { readonly kind: 'whiteout'; readonly name: ByteString }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'aufs' };

export function markerOf(name: ByteString, entry: Buffer): Marker {
  if (!name.startsWith('.wh.')) return { kind: 'entry' };
  if (name === '.wh..wh..opq') return { kind: 'opaque' };
  if (name.startsWith('.wh..wh.')) return { kind: 'aufs' };
  const hidden = name.slice('.wh.'.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw unsafe(entry, 'is a whiteout of no name');
  return { kind: 'whiteout', name: hidden };
}
