export { comparisonPage } from './comparison-page.ts';
export { locksPage } from './lock-page.ts';
