export { runSuite, type TestResult } from './run-suite.ts';
export { parseSuite, type Suite } from './suite.ts';
