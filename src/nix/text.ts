/**
 * A string of the Nix language. Whatever the text holds, none of it is read as code: an interpolation begins with
 * `${`, and a NUL cannot be written.
 */
export function nixString(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\ufffd' };
  const escaped = text
    .toWellFormed()
    .replaceAll(/[\\"]/g, char => `\\${char}`)
    .replaceAll('${', '\\${')
    .replaceAll(/[\n\r\t\0]/g, char => escapes[char] ?? '');
  return `"${escaped}"`;
}

/** `"a"."b"`: Nix merges the sets of paths that begin alike. */
export function nixPath(names: readonly string[]): string {
  return names.map(nixString).join('.');
}

export function nixList(texts: readonly string[]): string {
  return `[ ${texts.map(text => `${nixString(text)} `).join('')}]`;
}

/** Subresource integrity, as `hash` of fetchers takes it. @param hex of a SHA-256 */
export function integrity(hex: string): string {
  return `sha256-${Buffer.from(hex, 'hex').toString('base64')}`;
}

const longestName = 120;

/** A name that a store path may have, of a URL's last segment (Nix, "Store Path"). */
export function storeName(url: string): string {
  const last =
    url
      .replace(/[?#].*$/s, '')
      .split('/')
      .findLast(part => part !== '') ?? '';
  const name = decoded(last)
    .replaceAll(/[^0-9A-Za-z+._?=-]/g, '_')
    .replace(/^\./, '_')
    .slice(-longestName);
  return name === '' ? 'file' : name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
