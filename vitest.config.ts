import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'node_modules/**'],
    // Generous on purpose: the machines are noisy, and no test asserts on wall-clock time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
