export { updateMarkdown } from './markdown.ts';
export { updateText } from './text.ts';
