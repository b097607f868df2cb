export { nixExpression, type NixFacts, type NixImage } from './expression.ts';
