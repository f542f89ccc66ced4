import { defineConfig } from 'vitest/config'

/** Unit needs nothing, integration opens a database, system runs the product, long does so for what
 * takes longer than somebody waits, peers needs Debian's packages. */
export default defineConfig({
  test: {
    globals: false,
    maxWorkers: 4,
    // Nothing here keeps state between files, and loading everything anew took half the time.
    isolate: false,
    // The embedded database is WebAssembly that tests run for seconds: not worth optimising.
    execArgv: ['--liftoff-only'],
    sequence: { shuffle: { files: false, tests: true } },
    coverage: { provider: 'v8', include: ['protocols/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/{unit,contract}/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: ['tests/integration/**/*.long.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/system/**/*.test.ts'],
          exclude: ['tests/system/**/*.long.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: ['tests/{integration,system}/**/*.long.test.ts'],
          // These run for minutes: here it is worth optimising.
          execArgv: ['--no-liftoff-only'],
          // Real processes and deadlines on a machine that may be busy; the report names what was
          // asked twice.
          retry: 1,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        // Against programs that we did not write, from Debian's packages; see .ci/run.
        extends: true,
        test: {
          name: 'peers',
          include: ['tests/peers/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
