import type { MoveEffect } from '../advisories/index.ts';
import { printable } from './units.ts';

/** What an update leaves open, a line each; one flaw of one source is one. */
export function stillOpenTexts({ left }: Pick<MoveEffect, 'left'>): string[] {
  const texts = left.map(({ flaw, severity, subject, fixedIn }) => {
    const fix = fixedIn === undefined ? '' : `, fixed in ${fixedIn}`;
    const name = subject.source?.name ?? subject.name;
    return printable(
      `still open: ${flaw} (${severity?.level ?? 'unknown'}) in ${subject.kind} ${name}${fix}`,
    );
  });
  return [...new Set(texts)];
}
