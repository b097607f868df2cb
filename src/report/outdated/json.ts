import { exitOf, isFailed, isFinding, type OutdatedReport } from '../../outdated/index.ts';

/** Everything, the inputs that have not moved too. */
export function outdatedJson(report: OutdatedReport): string {
  const locks = report.locks.map(({ items, ...lock }) => ({
    ...lock,
    items: items.map(item => ({
      ...item,
      finding: isFinding(item),
      failed: isFailed(item),
      advisories: item.advisories.map(({ subject, ...advisory }) => ({
        ...advisory,
        source: subject.source,
      })),
    })),
  }));
  return `${JSON.stringify({ version: 1, exit: exitOf(report), ...report, locks }, undefined, 2)}\n`;
}
