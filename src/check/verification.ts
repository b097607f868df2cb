import type { Invocation } from '../dockerfile/shell/index.ts';

const windows = /^(get-filehash|get-authenticodesignature|certutil)$/;
const sums = /^((sha(1|224|256|384|512)?|b2|md5|ck)sum|shasum|openssl)$/;
const signatures =
  /^(gpg|gpg2|gpgv|gpgv2|cosign|minisign|signify|signify-openbsd|slsa-verifier|rpmkeys|rpm|gh|ssh-keygen)$/;

/** Whether a program compares bytes with a digest or checks who signed them. */
export function verifies(invocation: Invocation, all: readonly Invocation[]): boolean {
  const { name, args, substituted } = invocation;
  if (!sums.test(name) && !signatures.test(name) && !windows.test(name)) return false;
  const words = args.map(({ text }) => text);
  // PowerShell computes with what they give: `if ((Get-FileHash …).Hash -ne …)`.
  if (name === 'get-filehash' || name === 'get-authenticodesignature') return substituted;
  if (name === 'certutil')
    return words.some(word => /^[-/]hashfile$/i.test(word)) && isReadBy(/^find(str)?$/, invocation, all);
  if (sums.test(name)) {
    if (name === 'openssl' && !/^(dgst|sha\d+|sha1|md5)$/.test(words[0] ?? '')) return false;
    const compared =
      substituted || isReadBy(/^(grep|egrep|fgrep|awk|diff|cmp|cut|test|\[)$/, invocation, all);
    return (
      compared || words.some(word => /^(-[a-z]*c[a-z]*|--check|--status|-verify|-signature)$/.test(word))
    );
  }
  if (name.startsWith('gpgv')) return true;
  return words.some(word =>
    /^(--verify(-files)?|verify(-blob|-attestation|-artifact)?|-V[a-z]*|-K|--checksig|attestation|-Y)$/.test(
      word,
    ),
  );
}

function isReadBy(names: RegExp, invocation: Invocation, all: readonly Invocation[]): boolean {
  return all.some(other => names.test(other.name) && other.input.includes(invocation));
}

/** All that a check is told: its arguments, lines, and what is printed to it. */
export function toldTo(invocation: Invocation): string {
  const { args, lines, redirects, input } = invocation;
  return [
    ...args.map(({ text }) => text),
    ...lines.map(({ text }) => text),
    ...redirects.map(({ target }) => target?.text ?? ''),
    ...input.flatMap(({ args: printed, lines: more }) => [...printed, ...more].map(({ text }) => text)),
  ].join('\n');
}
