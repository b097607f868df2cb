import { escaped } from './html.ts';
import { isRecord, type FileRecord, type ProjectRecord } from './page.ts';

/** A project's page as PEP 503 has it, with what PEPs 592, 629, 658, 714 and 740 added. */
export function htmlPage(project: ProjectRecord, apiVersion: string): string {
  const title = `Links for ${escaped(project.name)}`;
  return [
    '<!DOCTYPE html>\n<html>\n<head>\n',
    `<meta charset="utf-8">\n<meta name="pypi:repository-version" content="${escaped(apiVersion)}">\n`,
    `<title>${title}</title>\n</head>\n<body>\n<h1>${title}</h1>\n`,
    ...project.files.map(anchor),
    '</body>\n</html>\n',
  ].join('');
}

function anchor(file: FileRecord): string {
  const attributes: (readonly [name: string, value: string | undefined])[] = [
    ['href', file.url + fragment(file['hashes'])],
    ['data-requires-python', text(file['requires-python'])],
    // Not under PEP 658's name too: pip before 23.2, which knows only that, discards wheels by it (pypa/pip#12038).
    ['data-core-metadata', metadataValue(file['core-metadata'] ?? file['dist-info-metadata'])],
    ['data-yanked', yankedValue(file['yanked'])],
    ['data-gpg-sig', typeof file['gpg-sig'] === 'boolean' ? String(file['gpg-sig']) : undefined],
    ['data-provenance', text(file['provenance'])],
  ];
  const written = attributes.map(([name, value]) =>
    value === undefined ? '' : ` ${name}="${escaped(value)}"`,
  );
  return `<a${written.join('')}>${escaped(file.filename)}</a><br>\n`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The best of the hashes that PEP 503 names, as a URL fragment. */
function fragment(hashes: unknown): string {
  if (!isRecord(hashes)) return '';
  for (const name of ['sha256', 'sha512', 'sha384', 'sha224', 'sha1', 'md5']) {
    const value = hashes[name];
    if (typeof value === 'string') return `#${name}=${value}`;
  }
  return '';
}

/** PEP 592: the attribute's presence says it; its value is the reason, which may be empty. */
function yankedValue(value: unknown): string | undefined {
  return typeof value === 'string' ? value : value === true ? '' : undefined;
}

/** PEP 714: `true`, or the digest of the metadata. */
function metadataValue(value: unknown): string | undefined {
  if (value === true) return 'true';
  return isRecord(value) ? fragment(value).slice(1) || 'true' : undefined;
}
