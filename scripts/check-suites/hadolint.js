import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../../src/check/index.ts';
import { firing } from './firing.js';
import { Score } from './score.js';

/** A Haskell string literal's content. */
function haskellText(literal) {
  const joined = literal.slice(1, -1).replaceAll(/\\\s+\\/g, '');
  return joined.replaceAll(/\\([nt"\\])/g, (_, escaped) => ({ n: '\n', t: '\t' })[escaped] ?? escaped);
}

/** `ruleCatches` and `ruleCatchesNot` of the rules that overlap with ours. */
export function hadolint(directory) {
  const literal = String.raw`"(?:\\\s+\\|\\.|[^"\\])*"`;
  const total = new Score();
  for (const name of readdirSync(join(directory, 'test/Hadolint/Rule'))) {
    const id = name.slice(0, 6);
    const own = rules.filter(rule => rule.peers.hadolint?.includes(id)).map(rule => rule.id);
    if (own.length === 0) continue;
    const score = new Score();
    const source = readFileSync(join(directory, 'test/Hadolint/Rule', name), 'utf8');
    const tokens = new RegExp(
      String.raw`let\s+dockerFile\s*=\s*\[?((?:\s*,?\s*${literal})+)\s*\]?|(onBuildRuleCatches|ruleCatches)(Not)?\s+"${id}"\s*(?:\$\s*)?(?:(?:Text\.)?unlines\s+dockerFile|dockerFile|(${literal}))`,
      'g',
    );
    let lines = '';
    for (const [, list, kind, not, text] of source.matchAll(tokens)) {
      if (list !== undefined) {
        lines = [...list.matchAll(new RegExp(literal, 'g'))].map(([one]) => haskellText(one)).join('\n');
        continue;
      }
      const body = text === undefined ? lines : haskellText(text);
      if (kind.startsWith('onBuild') && /^FROM/m.test(body)) continue;
      const given = kind.startsWith('onBuild') ? `ONBUILD ${body}` : body;
      const found = firing(given).findings.some(({ rule }) => own.includes(rule));
      score.add(not === undefined, found, given);
      total.add(not === undefined, found, `${id} ${given}`);
    }
    score.report(`hadolint ${id} (${own.join(', ')})`);
  }

  total.report('hadolint in all');
}
