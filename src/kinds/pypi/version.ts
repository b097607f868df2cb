/** PEP 440, appendix B: what is a version, in any spelling that it allows. */
const pattern = new RegExp(
  [
    String.raw`^v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)`,
    String.raw`(?:[-_.]?(?<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<preNumber>\d+)?)?`,
    String.raw`(?<post>-(?<postDash>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>\d+)?)?`,
    String.raw`(?<dev>[-_.]?dev[-_.]?(?<devNumber>\d+)?)?`,
    String.raw`(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`,
  ].join(''),
);

const preSpellings: Readonly<Record<string, string>> = {
  alpha: 'a',
  beta: 'b',
  c: 'rc',
  pre: 'rc',
  preview: 'rc',
};

/** No version that anyone gave is longer, and the pattern need not be tried on one. */
const longest = 200;

/** The normal form of PEP 440; nothing where the text is no version. */
export function normalVersion(text: string): string | undefined {
  if (text.length > longest) return undefined;
  const parts = pattern.exec(text.trim().toLowerCase())?.groups;
  if (parts === undefined) return undefined;
  const { epoch, release = '', pre, preNumber, post, postDash, postNumber, dev, devNumber, local } = parts;
  return [
    epoch === undefined || number(epoch) === '0' ? '' : `${number(epoch)}!`,
    release.split('.').map(number).join('.'),
    pre === undefined ? '' : `${preSpellings[pre] ?? pre}${number(preNumber)}`,
    post === undefined ? '' : `.post${number(postDash ?? postNumber)}`,
    dev === undefined ? '' : `.dev${number(devNumber)}`,
    local === undefined ? '' : `+${local.split(/[-_.]/).map(localPart).join('.')}`,
  ].join('');
}

/** Without leading zeros, and however long: dates are in use as versions. */
function number(digits = '0'): string {
  return digits.replace(/^0+(?=\d)/, '');
}

function localPart(part: string): string {
  return /^\d+$/.test(part) ? number(part) : part;
}
