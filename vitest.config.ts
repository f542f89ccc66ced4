import { defineConfig } from 'vitest/config'

/** Three projects: unit needs nothing, integration opens a database, system runs the product. */
export default defineConfig({
  test: {
    globals: false,
    maxWorkers: 2,
    sequence: { shuffle: { files: false, tests: true } },
    coverage: { provider: 'v8', include: ['protocols/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/{unit,contract}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/system/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
