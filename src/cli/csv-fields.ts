/**
 * The fields of one line (RFC 4180), as Docker's options have them: a field in double quotes may hold commas, and two
 * quotes for one.
 */
export function csvFields(text: string): string[] {
  const fields = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
  return fields.map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain);
}

/** `NAME=VALUE`, names in lower case; a NAME alone is true. */
export function csvPairs(text: string): Map<string, string> {
  return new Map(
    csvFields(text).map(field => {
      const at = field.indexOf('=');
      const name = at < 0 ? field : field.slice(0, at);
      return [name.trim().toLowerCase(), at < 0 ? 'true' : field.slice(at + 1)];
    }),
  );
}
