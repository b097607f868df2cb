import { type Argument, type Invocation, outputFile } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Request } from '../requests/request.ts';
import { baseName, download, unchecked } from './download.ts';

const curlValues =
  '-o --output -H --header -X --request -d --data --data-raw --data-binary --data-urlencode --json -u --user -A --user-agent -e --referer -b --cookie -c --cookie-jar -F --form -T --upload-file -x --proxy --cacert --capath -E --cert --key --pass -m --max-time --connect-timeout --retry --retry-delay --retry-max-time -w --write-out -D --dump-header -K --config -C --continue-at -r --range -Y -y -z --time-cond --resolve --output-dir --limit-rate --url --ciphers --tls-max --tls13-ciphers --interface --noproxy --proto --proto-default --proto-redir --max-redirs --netrc-file --stderr --trace --keepalive-time --oauth2-bearer --unix-socket --dns-servers --max-filesize -P -Q -t --doh-url';
const wgetValues =
  '-O --output-document -P --directory-prefix -o --output-file -a --append-output -e --execute -t --tries -T --timeout -U --user-agent --header --post-data --post-file --body-data --method --user --password --http-user --http-password -i --input-file -w --wait --waitretry --ca-certificate --ca-directory --certificate --private-key --dns-timeout --connect-timeout --read-timeout -Q --quota --limit-rate --referer --load-cookies --save-cookies --secure-protocol -A -R -D -I -X -l --level --retry-on-http-error --progress -B --base --max-redirect --report-speed';
const ariaValues =
  '-o --out -d --dir -x -s -j -k --header --checksum -i --input-file --max-tries -m --retry-wait --allow-overwrite --split';

/** curl, wget and aria2c. */
export const fileFinder: Finder = {
  programs: ['curl', 'wget', 'wget2', 'aria2c'],
  find(invocation) {
    switch (invocation.name) {
      case 'curl':
        return curl(invocation);
      case 'aria2c':
        return aria2c(invocation);
      default:
        return wget(invocation);
    }
  },
};

function curl(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, { values: curlValues });
  const found = unchecked(invocation, given.flag('-k', '--insecure', '--proxy-insecure')?.argument);
  // Questions about a file, and answers to the server, are no downloads.
  if (given.has('-I', '--head', '-T', '--upload-file')) return found;
  const directory = given.values('--output-dir')[0]?.value;
  const outputs = given.values('-o', '--output');
  const urls = [
    ...urlsAmong(given.operands),
    ...given.values('--url').map(({ value = '', argument }) => ({ ...argument, text: value })),
  ];
  const named = given.has('-O', '--remote-name', '--remote-name-all', '-J', '--remote-header-name');
  urls.forEach((url, index) => {
    const output = outputs[index]?.value ?? (outputs.length === 1 && !named ? outputs[0]?.value : undefined);
    const path = output ?? (named ? baseName(url.text) : outputFile(invocation));
    found.push(...download(invocation, url, inDirectory(path, directory)));
  });
  return found;
}

function wget(invocation: Invocation): Request[] {
  // `-nv` and its like are options of two letters.
  const args = invocation.args.filter(({ text }) => !/^-n[vcdHp]$/.test(text));
  const given = readArguments(args, { values: wgetValues });
  const found = unchecked(
    invocation,
    given.flag('--no-check-certificate', '--no-check-certificates')?.argument,
  );
  if (given.has('--spider')) return found;
  const output = given.values('-O', '--output-document')[0]?.value;
  const directory = given.values('-P', '--directory-prefix')[0]?.value;
  for (const url of urlsAmong(given.operands)) {
    const path =
      output === undefined ? baseName(url.text) : isStandardOutput(output) ? outputFile(invocation) : output;
    found.push(...download(invocation, url, inDirectory(path, output === undefined ? directory : undefined)));
  }
  return found;
}

function aria2c(invocation: Invocation): Request[] {
  const given = readArguments(invocation.args, { values: ariaValues });
  const off = given.flags.find(({ name, value }) => name === '--check-certificate' && value === 'false');
  const found = unchecked(invocation, off?.argument);
  if (given.has('--checksum')) return found;
  const directory = given.values('-d', '--dir')[0]?.value;
  const output = given.values('-o', '--out')[0]?.value;
  for (const url of given.operands)
    found.push(...download(invocation, url, inDirectory(output ?? baseName(url.text), directory)));
  return found;
}

/** The first operand is taken at its word; further ones have to look like a URL. */
function urlsAmong(operands: readonly Argument[]): readonly Argument[] {
  return operands.filter(({ text }, index) => text !== '-' && (index === 0 || /[.:/$]/.test(text)));
}

function isStandardOutput(path: string): boolean {
  return path === '-' || path === '/dev/stdout';
}

function inDirectory(path: string | undefined, directory: string | undefined): string | undefined {
  if (path === undefined || isStandardOutput(path)) return undefined;
  return directory === undefined ? path : `${directory.replace(/\/$/, '')}/${path}`;
}
