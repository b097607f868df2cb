/** What an index knows of a file. */
export interface IndexedFile {
  readonly version: string;
  readonly filename: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly metadata?: { readonly bytes: Buffer; readonly sha256: string };
  readonly requiresPython?: string;
  readonly yanked: boolean | string;
  readonly uploadTime: Date;
}

/** Where a file lies, seen from its project's page. */
const urlOf = ({ sha256, filename }: IndexedFile) => `../../files/${sha256.slice(0, 16)}/${filename}`;

/** PEP 691, with PEP 700's members if the index has times. */
export function jsonPage(project: string, files: readonly IndexedFile[], times: boolean): object {
  return {
    meta: { 'api-version': times ? '1.1' : '1.0', '_last-serial': files.length },
    name: project,
    ...(times && { versions: [...new Set(files.map(({ version }) => version))] }),
    files: files.map(file => ({
      filename: file.filename,
      url: urlOf(file),
      hashes: { sha256: file.sha256 },
      ...(file.requiresPython !== undefined && { 'requires-python': file.requiresPython }),
      ...(times && { size: file.bytes.length, 'upload-time': file.uploadTime.toISOString() }),
      yanked: file.yanked,
      'core-metadata': file.metadata ? { sha256: file.metadata.sha256 } : false,
    })),
  };
}

/** PEP 503. */
export function htmlPage(project: string, files: readonly IndexedFile[]): string {
  const anchors = files.map(file => {
    const { metadata, requiresPython, yanked } = file;
    const more = [
      requiresPython === undefined ? '' : ` data-requires-python="${inAttribute(requiresPython)}"`,
      metadata === undefined ? '' : ` data-core-metadata="sha256=${metadata.sha256}"`,
      yanked === false ? '' : ` data-yanked="${yanked === true ? '' : inAttribute(yanked)}"`,
    ];
    return `<a href="${urlOf(file)}#sha256=${file.sha256}"${more.join('')}>${file.filename}</a><br>`;
  });
  return listPage(`Links for ${project}`, anchors);
}

export function rootPage(projects: readonly string[]): string {
  return listPage(
    'Simple index',
    projects.map(project => `<a href="${project}/">${project}</a><br>`),
  );
}

function listPage(title: string, anchors: readonly string[]): string {
  const head = `<meta name="pypi:repository-version" content="1.0"><title>${title}</title>`;
  return `<!DOCTYPE html>\n<html><head>${head}</head><body>\n${anchors.join('\n')}\n</body></html>\n`;
}

function inAttribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
