import { compareDigits, compareLists, compareText } from '../order.ts';

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

interface Parts {
  readonly epoch: string;
  /** Without zeros at its end. */
  readonly release: readonly string[];
  readonly pre: readonly [letter: string, number: string] | undefined;
  readonly post: string | undefined;
  readonly dev: string | undefined;
  readonly local: readonly string[];
}

function partsOf(version: string): Parts | undefined {
  const normal = normalVersion(version);
  const groups = normal === undefined ? undefined : pattern.exec(normal)?.groups;
  if (groups === undefined) return undefined;
  const { epoch = '0', release = '', pre, preNumber = '0', postNumber, devNumber, local } = groups;
  return {
    epoch,
    release: release.replace(/(?:\.0)+$/, '').split('.'),
    pre: pre === undefined ? undefined : [pre, preNumber],
    post: postNumber,
    dev: devNumber,
    local: local?.split('.') ?? [],
  };
}

export function isPrerelease(version: string): boolean {
  const parts = partsOf(version);
  return parts !== undefined && (parts.pre !== undefined || parts.dev !== undefined);
}

/** PEP 440, "Summary of permitted suffixes and relative ordering". What is no version lies below all. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined) || compareText(a, b);
  return (
    compareDigits(left.epoch, right.epoch) ||
    compareLists(left.release, right.release, (x = '0', y = '0') => compareDigits(x, y)) ||
    comparePhases(left, right) ||
    compareOptional(left.post, right.post, -1) ||
    compareOptional(left.dev, right.dev, 1) ||
    compareLists(left.local, right.local, compareLocal)
  );
}

/** A development release of the release itself comes before its pre-releases. */
function comparePhases(left: Parts, right: Parts): number {
  const rank = ({ pre, post, dev }: Parts) =>
    pre !== undefined ? 0 : post === undefined && dev !== undefined ? -1 : 1;
  if (left.pre !== undefined && right.pre !== undefined)
    return compareText(left.pre[0], right.pre[0]) || compareDigits(left.pre[1], right.pre[1]);
  return rank(left) - rank(right);
}

/** @param absence what a side that has none is, beside one that has: 1 later, -1 earlier */
function compareOptional(a: string | undefined, b: string | undefined, absence: 1 | -1): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absence : -absence;
  return compareDigits(a, b);
}

function compareLocal(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left !== right) return left ? 1 : -1;
  return left ? compareDigits(a, b) : compareText(a, b);
}
