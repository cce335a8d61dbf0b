import { defineConfig } from 'vitest/config'

/** The tests that judge the mutants of core: those of core itself, without the one that runs simulations. */
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    exclude: ['test/core/kinds.test.ts'],
    setupFiles: ['test/mutate/properties.ts'],
    isolate: false,
    testTimeout: 60_000,
  },
})
