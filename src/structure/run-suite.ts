import type { RunnableImage } from '../build/index.ts';
import { commandProblems } from './commands.ts';
import { contentProblems, existenceProblems } from './files.ts';
import { metadataProblems } from './metadata.ts';
import { serviceProblems } from './services.ts';
import type { Suite } from './suite.ts';

export interface TestResult {
  readonly kind: 'command' | 'file existence' | 'file content' | 'metadata' | 'service';
  readonly name: string;
  /** What is not as it should be; none where the test passed. */
  readonly problems: readonly string[];
}

/** Runs the tests of a suite in its order. @throws what the sandbox throws */
export async function runSuite(
  suite: Suite,
  image: RunnableImage,
  onResult: (result: TestResult) => void = () => {},
): Promise<TestResult[]> {
  const results: TestResult[] = [];
  const report = (kind: TestResult['kind'], name: string, problems: readonly string[]) => {
    const result = { kind, name, problems };
    results.push(result);
    onResult(result);
  };
  for (const test of suite.commandTests)
    report('command', test.name, await commandProblems(test, suite, image));
  for (const test of suite.fileExistenceTests)
    report('file existence', test.name, existenceProblems(test, image.view));
  for (const test of suite.fileContentTests)
    report('file content', test.name, contentProblems(test, image.view));
  if (suite.metadataTest !== undefined)
    report('metadata', 'metadata', metadataProblems(suite.metadataTest, image.config));
  for (const test of suite.serviceTests)
    report('service', test.name, await serviceProblems(test, suite, image));
  return results;
}
