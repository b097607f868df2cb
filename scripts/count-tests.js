// Prints the closing line of a test run from vitest's JSON report.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, numTotalTests } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
// A file that could not even be loaded counts as one failure.
const failed = numFailedTests || (numFailedTestSuites > 0 ? 1 : 0);
if (numTotalTests === 0) throw new Error('no test ran');
console.log(
  `${numPassedTests} passed, ${failed} failed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''}`,
);
