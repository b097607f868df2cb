import { formatBytes } from '../units.ts';
import { Html, html } from './html.ts';
import { style } from './style.ts';

/** What both kinds of comparison say first. */
export interface Verdict {
  readonly title: string;
  readonly why: string;
}

/** A page that needs nothing else: no script, no font, no image, and a policy that allows none. */
export function page({ title, why }: Verdict, sides: Html, body: readonly Html[]): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title} · holdfast diff</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
<header>
<p class="brand"><b>holdfast</b> diff</p>
<h1>${title}</h1>
<p class="why">${why}</p>
${sides}
</header>
${body}
</main>
</body>
</html>
`.text;
}

export function side(sign: 'a' | 'b', name: string, more: string): Html {
  return html`<div class="side"><span class="sign ${sign}">${sign === 'a' ? '−' : '+'}</span><code>${name}</code> <span class="soft">${more}</span></div>
`;
}

/** One number that matters, in large type. */
export function fact(number: string | number, what: string): Html {
  return html`<div class="fact"><b>${number}</b><span>${what}</span></div>
`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many);

export const grouped = (count: number): string => count.toLocaleString('en-US');

/** `+1.2 MB`. */
export function deltaText(bytes: number): string {
  if (bytes === 0) return '±0';
  return `${bytes > 0 ? '+' : '−'}${formatBytes(Math.abs(bytes))}`;
}
