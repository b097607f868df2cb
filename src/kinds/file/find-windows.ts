import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { GivenParameters } from '../requests/parameters.ts';
import type { Finder, Request } from '../requests/request.ts';
import { baseName, download, unchecked } from './download.ts';

const switches = new Set([
  'usebasicparsing',
  'skipcertificatecheck',
  'skiphttperrorcheck',
  'skipheadervalidation',
  'passthru',
  'resume',
  'usedefaultcredentials',
  'disablekeepalive',
  'allowunencryptedauthentication',
  'asynchronous',
  'dynamic',
  'verbose',
  'debug',
  'confirm',
]);

/** What PowerShell, .NET and Windows' own programs download. */
export const windowsFileFinder: Finder = {
  programs: [
    'invoke-webrequest',
    'invoke-restmethod',
    'start-bitstransfer',
    'downloadfile',
    'downloadstring',
    'downloaddata',
    'servercertificatevalidationcallback',
    'certutil',
    'bitsadmin',
  ],
  find(invocation) {
    const { name, args } = invocation;
    switch (name) {
      case 'downloadfile':
      case 'downloadstring':
      case 'downloaddata':
        return fetched(invocation, args[0], args[1]?.text);
      case 'servercertificatevalidationcallback':
        return unchecked(invocation, invocation.program);
      case 'certutil':
      case 'bitsadmin':
        return byProgram(invocation);
      default:
        return byCommand(invocation);
    }
  },
};

function byCommand(invocation: Invocation): Request[] {
  const given = new GivenParameters(invocation.args, switches);
  const [first, second] = given.operands;
  const isBits = invocation.name === 'start-bitstransfer';
  const url = given.value('uri', 'source') ?? first;
  const place = given.value('outfile', 'destination')?.text ?? (isBits ? second?.text : undefined);
  // What changes something on a server is no download.
  const method = given.value('method')?.text ?? 'get';
  const found = unchecked(invocation, given.parameter('skipcertificatecheck')?.argument);
  if (!/^get$/i.test(method)) return found;
  const saved = isBits && url !== undefined ? (place ?? baseName(url.text)) : place;
  return [...found, ...fetched(invocation, url, saved)];
}

/** `certutil -urlcache -f URL FILE`, `bitsadmin /transfer NAME … URL FILE`. */
function byProgram(invocation: Invocation): Request[] {
  const { name, args } = invocation;
  const wanted = name === 'certutil' ? /^[-/]urlcache$/i : /^[-/]transfer$/i;
  const at = args.findIndex(({ text }) => /^https?:/i.test(text));
  return at !== -1 && args.some(({ text }) => wanted.test(text))
    ? fetched(invocation, args[at], args[at + 1]?.text)
    : [];
}

function fetched(invocation: Invocation, url: Argument | undefined, saved: string | undefined): Request[] {
  return url === undefined ? [] : download(invocation, url, saved?.replaceAll('\\', '/'));
}
