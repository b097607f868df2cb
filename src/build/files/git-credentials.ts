/** Reads a secret that the user lends, by its id. */
type ReadSecret = (id: string) => Buffer | undefined;

/**
 * How git is to introduce itself to a host, from the secrets that BuildKit reads for this: GIT_AUTH_TOKEN, and
 * GIT_AUTH_HEADER for a header of one's own; with `.HOST` behind the name for one host alone, which then counts.
 * @returns the value of an Authorization header; nothing where there is no such secret
 */
export function gitAuthorization(remote: string, secret: ReadSecret): string | undefined {
  const { host } = new URL(remote);
  for (const suffix of [`.${host}`, '']) {
    const header = textOf(secret(`GIT_AUTH_HEADER${suffix}`));
    if (header !== undefined) return header;
    const token = textOf(secret(`GIT_AUTH_TOKEN${suffix}`));
    if (token !== undefined) return `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  }
  return undefined;
}

/** One line: what would begin another header is cut off. */
function textOf(value: Buffer | undefined): string | undefined {
  const text = value
    ?.toString()
    .trim()
    .split(/[\r\n]/, 1)[0];
  return text === '' ? undefined : text;
}
