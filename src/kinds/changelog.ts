/** What a changelog says of one release. */
export interface ChangelogSection {
  /** The line that begins it, which names the release. */
  readonly heading: string;
  readonly lines: readonly string[];
}

/** Longer ones go back decades; what is new stands at their top. */
export const longestChangelog = 2 * 1024 * 1024;

/** A changelog by its releases, in its order. What stands before the first is of none. */
export function changelogSections(text: string, isHeading: (line: string) => boolean): ChangelogSection[] {
  const sections: { heading: string; lines: string[] }[] = [];
  for (const line of text.slice(0, longestChangelog).split(/\r?\n/))
    if (isHeading(line)) sections.push({ heading: line, lines: [] });
    else sections.at(-1)?.lines.push(line);
  return sections;
}

/** Markdown's and reStructuredText's: a line that is a heading, or a version alone, maybe with its date. */
export function namesRelease(line: string): boolean {
  if (line.length > 200) return false;
  return (
    /^#{1,4}\s.*\d+\.\d+/.test(line) || /^(?:version |v)?\[?\d+\.\d+[\w.+-]*\]?\)?(?:\s.{0,60})?$/i.test(line)
  );
}

/** Whether a file at the top of a package is its changelog. */
export function isChangelogName(name: string): boolean {
  return /^(?:changelog|changes|history|news)(?:\.(?:md|markdown|rst|txt))?$/i.test(name);
}
