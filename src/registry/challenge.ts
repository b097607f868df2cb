/** One way in which a server offers to be convinced: RFC 9110, 11.6.1. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const part = /\s*,?\s*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/y;

/**
 * Reads a `WWW-Authenticate` field, which may hold several challenges. A name without a value opens a new one.
 * What cannot be read ends the list: a challenge is an offer, and a broken offer is none.
 */
export function parseChallenges(field: string): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  part.lastIndex = 0;
  for (let match = part.exec(field); match; match = part.exec(field)) {
    const [, name = '', quoted, token] = match;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token;
    if (value === undefined) found.push({ scheme: name.toLowerCase(), parameters: {} });
    else {
      const last = found.at(-1);
      if (last) last.parameters[name.toLowerCase()] = value;
    }
  }
  return found;
}
