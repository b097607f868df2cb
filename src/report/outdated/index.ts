export { outdatedJson } from './json.ts';
export { outdatedMarkdown } from './markdown.ts';
export { outdatedText } from './text.ts';
