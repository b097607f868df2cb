import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

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
          maxWorkers: 2,
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
          // Each of them keeps a processor busy, and the machine's disk.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
