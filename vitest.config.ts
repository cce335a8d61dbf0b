import { join } from 'node:path'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that change what other files of one process use: they mock modules, replace methods of AWS clients or of `console`, or
 * set the environment. Each runs in a process of its own; all others share one process for each core, so that a module is loaded
 * and compiled once and not once for each file.
 */
const ISOLATED = [
  'test/canary/{deployment-metrics,quotas,signature}.test.ts',
  'test/engine/any-kind.test.ts',
  'test/functions/**/*.test.ts',
  'test/handlers/**/*.test.ts',
  'test/worlds/aws/**/*.test.ts',
  'test/worlds/memory/store.test.ts',
  'test/worlds/sim/any-kind.test.ts',
]

/** Files that use DynamoDB Local. It is started once for all of them, because a Java process takes seconds until it is fast. */
const DYNAMODB = ['test/contract/differential.test.ts', 'test/contract/dynamo.test.ts', 'test/ledger.test.ts']

/**
 * Files that take longest, the longest first. They start first, so that the other cores have work until the end. All are of one
 * project, because a process that is shared ends when the next file is of another.
 */
const LONGEST = [
  'test/worlds/sim/sim.test.ts',
  'test/worlds/sim/flood.test.ts',
  'test/worlds/sim/checkers.test.ts',
  'test/engine/sweep/rate.test.ts',
  'test/worlds/local/kill.test.ts',
  'test/worlds/local/stop.test.ts',
  'test/readme.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((path) => moduleId.endsWith(path))
      return found < 0 ? LONGEST.length : found
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

const project = (name: string, test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, ...test },
})

export default defineConfig({
  test: {
    exclude: ['test/e2e/**', 'node_modules/**'],
    // Generous on purpose: the machines are noisy, and no test asserts on wall-clock time.
    testTimeout: process.env.PROPERTY_RUNS ? 3_600_000 : 300_000,
    hookTimeout: 300_000,
    setupFiles: process.env.PROPERTY_RUNS ? ['test/property-runs.ts'] : [],
    sequence: { sequencer: LongestFirst },
    // Vitest leaves one core free by default. Nothing else needs it here.
    maxWorkers: '100%',
    // Processes and servers that the tests start compile a module once and not once each.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile') },
    projects: [
      project('shared', { include: ['test/**/*.test.ts'], exclude: ['test/e2e/**', ...ISOLATED, ...DYNAMODB], isolate: false }),
      project('dynamodb', { include: DYNAMODB, isolate: false, globalSetup: 'test/contract/dynamodb-server.ts' }),
      project('isolated', { include: ISOLATED }),
    ],
  },
})
