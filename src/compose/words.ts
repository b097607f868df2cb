/** The words of a command that is written as one text: quotes and backslashes as a shell has them, nothing else of it. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  const word = /\s*((?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|[^\s'"\\])+)/y;
  for (let match = word.exec(text); match !== null; match = word.exec(text))
    words.push(unquoted(match[1] ?? ''));
  return words;
}

function unquoted(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])/g,
    (_all, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replaceAll(/\\([$`"\\])/g, '$1') ?? escaped ?? '',
  );
}
