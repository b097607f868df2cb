/** Whether BuildKit's ADD takes a source for a file on a server. */
export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Whether ADD takes a source for a git repository: dfgitutil.ParseGitRef. */
export function isGitUrl(text: string): boolean {
  return (
    /^(git:\/\/|ssh:\/\/|git@[^:]+:)/i.test(text) ||
    /^https?:\/\/[^?#]+\.git([?#]|$)/i.test(text) ||
    text.startsWith('github.com/')
  );
}

interface Moving {
  readonly pattern: RegExp;
  readonly what: string;
}

/** What in a URL says that its content changes; the first that fits is told. */
const moving: readonly Moving[] = [
  { pattern: /^https?:\/\/api\./i, what: 'is the answer of an API' },
  { pattern: /\/releases\/latest\b/i, what: 'is the latest release' },
  { pattern: /(^|[/._=-])latest([/._?&-]|$)/i, what: 'is the latest version' },
  { pattern: /\/(archive\/)?refs\/heads\//i, what: 'is the head of a branch' },
  {
    pattern: /\/(raw|blob|archive|tarball|zipball|tree|zip|tar\.gz)\/(master|main|develop|dev|trunk|HEAD)\b/i,
    what: 'is the head of a branch',
  },
  {
    pattern: /^https?:\/\/raw\.githubusercontent\.com\/[^/]+\/[^/]+\/(master|main|develop|dev|trunk|HEAD)\//i,
    what: 'is the head of a branch',
  },
  { pattern: /(?<!\/pool)\/(master|main|HEAD)(\/|\.(tar\.|tgz|zip))/, what: 'is the head of a branch' },
  {
    pattern: /(^|[/._-])(nightly|snapshot|current|stable|edge|unstable)([/._-]|$)/i,
    what: 'is a channel that moves',
  },
  {
    pattern:
      /^https?:\/\/(sh\.rustup\.rs|get\.docker\.com|install\.python-poetry\.org|bootstrap\.pypa\.io\/(pip\/)?(\d\.\d\/)?get-pip|getcomposer\.org\/(installer|composer)|[^/]+\/(install|setup|get)(-[\w]+)?(\.sh|\.py)?$)/i,
    what: 'is an installer that is changed in place',
  },
];

/** Why a URL's content changes; nothing where nothing says so. */
export function whyItMoves(url: string): string | undefined {
  // A commit in the path holds everything behind it fast.
  if (/[/@=]([0-9a-f]{40}|[0-9a-f]{64})([/.?#]|$)/i.test(url)) return undefined;
  // Debian's snapshots have a date.
  if (/\/\d{8}T\d{6}Z\//.test(url)) return undefined;
  return moving.find(({ pattern }) => pattern.test(url))?.what;
}
