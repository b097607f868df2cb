import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

// One more than there are processors: a file also waits, for processes, servers and disks.
const maxWorkers = Math.min(availableParallelism() + 1, 4);

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'testkit/**/*.test.ts'],
          globalSetup: ['src/sandbox/testing/bundle-runners.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers,
          // To start a process for each file, and load the sources there anew, took a third of all time.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // These run the real program against real servers; each file takes namespaces and minutes.
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/global-setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
