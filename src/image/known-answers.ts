import { createHash } from 'node:crypto';
import type { Block } from './blocks.ts';

export interface KnownAnswer extends Block {
  readonly name: string;
  /** sha256, in hex, of the raw deflate data: level 6, memLevel 8, default strategy. */
  readonly deflated: string;
}

/**
 * Inputs whose compressed bytes are known. They exercise what differs between deflate implementations: match finding
 * in text, incompressible data (stored blocks), the window's edge, long runs, what came before, and nothing at all.
 */
export function knownAnswers(): readonly KnownAnswer[] {
  const noise = noiseOf(70_000);
  const text = Buffer.from(
    Array.from({ length: 6000 }, (_, line) => `${line * 7919} ${words[noise[line] ?? 0]}\n`).join(''),
  );
  const edge = noise.subarray(0, 32_700);
  return [
    {
      name: 'nothing',
      ...alone,
      bytes: Buffer.alloc(0),
      deflated: '9b4fb24edd6d1d8830e272398263cdbf026b97392cc35387b991dc0248a628f9',
    },
    {
      name: 'text',
      ...alone,
      bytes: text,
      deflated: '7ca1157668a53fdc8338dc09795e0813e13aa9b651ea22b154f595d48d987f95',
    },
    {
      name: 'noise',
      ...alone,
      bytes: noise,
      deflated: 'd85e64bda6c126df9390370af0ed791b83c267d62c8cfa344d3f62d2e5397a63',
    },
    {
      name: 'runs',
      ...alone,
      bytes: Buffer.concat([Buffer.alloc(40_000, 'ab'), noise.subarray(0, 300), Buffer.alloc(40_000)]),
      deflated: '397f1163d558c2872fd68e0ae485d397176820cc6487143f105d75bd0ae93207',
    },
    {
      name: 'window',
      ...alone,
      bytes: Buffer.concat([edge, text.subarray(0, 200), edge]),
      deflated: '48c0665b5c0931f910d48b6e089eee187c03bd5f076acc974c81f6552caae42a',
    },
    {
      name: 'text in the middle',
      bytes: text.subarray(40_000),
      before: text.subarray(40_000 - window, 40_000),
      last: false,
      deflated: '78c7277bf7c2edeb94d381a583f04a289364eda0b5548972f33d38067478b0f0',
    },
    {
      name: 'text at the end',
      bytes: text.subarray(40_000),
      before: text.subarray(40_000 - window, 40_000),
      last: true,
      deflated: '92d3f328a2ec25e7f82c3ace7e12a75456d864cd06ad4765312db311ee3097df',
    },
    {
      name: 'noise that was there before',
      bytes: Buffer.concat([noise.subarray(100, 32_700), text.subarray(0, 300)]),
      before: noise.subarray(0, window),
      last: false,
      deflated: '084e2fc5f176f2b09202088b3b896588a8868e7a15270d505f1744484f4af83d',
    },
  ];
}

const alone = { before: Buffer.alloc(0), last: true };
const window = 32 * 1024;

/** 256 words of one to twelve letters, many of them beginning alike. */
const words = Array.from({ length: 256 }, (_, index) =>
  createHash('sha256')
    .update(String(index))
    .digest('base64')
    .slice(0, 1 + (index % 9))
    .padStart(index % 13, 'holdfast'),
);

/** The same `length` bytes without pattern, every time. */
function noiseOf(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`noise ${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
