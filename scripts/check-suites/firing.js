import { checkText, defaultSettings } from '../../src/check/index.ts';
import { analyse } from '../../src/check/analysis.ts';
import { parseDockerfile } from '../../src/dockerfile/index.ts';

const context = { hasFile: () => false };

/** Rules that fire on a text, which may lack FROM. */
export function firing(text) {
  const [first = ''] = text.split('\n').filter(line => !/^\s*(#|$)/.test(line));
  const whole = /^\s*(FROM|ARG)\b/i.test(first) ? text : `FROM a:1\n${text}`;
  const { findings, unread } = checkText(whole, 'Dockerfile', defaultSettings, context);
  return { findings, unread, text: whole };
}

/** The images that a text takes, as references; nothing where it is no Dockerfile. */
export function imagesIn(text) {
  try {
    return analyse(parseDockerfile(text, 'Dockerfile')).images;
  } catch {
    return [];
  }
}
