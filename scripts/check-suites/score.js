/** Where the difference is meant, and why. */
const onPurpose = [
  [/download-heredoc:(36|38|43|45)/, 'two here-documents and no program: nothing reads them'],
  [/download-multi-runs:28/, 'the exec form starts no shell'],
  [/^\S+ .*(\*|~=?\d|=~\d|[<>!]=?\s*\d|\\[<>]|>=0|\^5)/s, 'a range, a wildcard or a fuzzy version moves'],
  [/(git\+|git:|\.git).*(@0\.6|#v1|v1\.0)/, 'a tag can be moved'],
  [/install https?:\/\//, 'a URL without a digest'],
  [/pipenv install black/, 'pipenv installs packages as well'],
  [/module install/, 'a stream of a module is no version'],
  [/group install|groupinstall/, 'a group of packages is another one tomorrow'],
  [
    /FROM scratch\nUSER foo|USER foo\nFROM scratch/,
    'the last stage counts, and one from scratch runs as root',
  ],
  [/go (get -tool foobar|run example\.com\/pkg)/, 'go.mod decides, or there is no host to fetch from'],
  [/"echo", *"hello", *"&&"|tmp\/file1\b|&&.*file3/, 'the exec form starts no shell'],
  [/FROM build$/, 'an earlier stage is no image'],
  [/hg\+/, 'a changeset of Mercurial is a hash'],
  [
    /^nginx:1\.20 in ARG|^nginx:18\.04@|^nginx:1\.18\.0-alpine@|(nginx:1\.25|python:3\.12-slim) in (real_world|with_args)/,
    'FROM sees the arguments before the first FROM, not those of a stage',
  ],
  [/^nvidia\/cuda/, 'ARG NAME VALUE declares two names and gives neither a value'],
  [/# dummy⏎|# dummy\n/, 'a continuation joins without a blank: no keyword is left'],
  [
    /pfc-(file-install-basename|file-install-no-copy|src-script)/,
    'nothing brings the file to the place where it is read',
  ],
  [/Dockerfile-(curl-sh|wget-bin-sh|curl-file-sh|wget-file): /, 'the exec form starts no shell'],
  [/Dockerfile-not-pinned-with-parser-error: /, 'a download that cmd runs is one that is run'],
  [/Dockerfile-aws-file: /, 'a program by its name alone is not looked for beside it'],
  [
    /Dockerfile-pkg-managers: /,
    '`pip install` and `npm install -g` of nothing install nothing, and an exact version is a version without hashes too',
  ],
  [/sax@latest|npm install git/, 'a tag can be moved'],
  [/pip=20\.3/, 'a single = is no version to pip'],
  [/^missing_user_instruction\/.*FROM scratch/is, 'the last stage counts, and one from scratch runs as root'],
];

/** Counts agreement with one source, and remembers each difference. */
export class Score {
  meant = new Map();
  asWritten = { missed: 0, extra: 0 };

  isMeant(expected, what) {
    const reason = onPurpose.find(([pattern]) => pattern.test(what))?.[1];
    if (reason !== undefined) this.asWritten[expected ? 'missed' : 'extra']++;
    if (reason !== undefined) this.meant.set(reason, (this.meant.get(reason) ?? 0) + 1);
    return reason !== undefined;
  }

  right = 0;
  missed = [];
  extra = [];
  quiet = 0;

  add(expected, found, what) {
    if (expected && found) this.right++;
    else if (expected !== found && this.isMeant(expected, what)) return;
    else if (expected) this.missed.push(what);
    else if (found) this.extra.push(what);
    else this.quiet++;
  }

  report(name) {
    const { right, missed, extra, quiet } = this;
    const ratio = (part, all) => (all === 0 ? '-' : `${((100 * part) / all).toFixed(1)} %`);
    console.log(
      `${name}: precision ${ratio(right, right + extra.length)}, recall ${ratio(right, right + missed.length)} of ${right + missed.length + extra.length + quiet} cases`,
    );
    const { asWritten } = this;
    if (this.meant.size > 0)
      console.log(
        `  taken literally: precision ${ratio(right, right + extra.length + asWritten.extra)}, recall ${ratio(right, right + missed.length + asWritten.missed)}`,
      );
    for (const what of missed) console.log(`  missed: ${what.replaceAll('\n', '⏎')}`);
    for (const what of extra) console.log(`  found too: ${what.replaceAll('\n', '⏎')}`);
    for (const [reason, count] of this.meant) console.log(`  differs on purpose, ${count}: ${reason}`);
  }
}
