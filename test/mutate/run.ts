import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { startVitest } from 'vitest/node'

/**
 * Mutation testing of core: `npm run mutate -- core/task core/hash.ts`, or without paths all of core. With
 * `--again` only the survivors of the last run are judged; every other mutant counts as noticed.
 *
 * The instrumenter of StrykerJS puts every mutant into the source, behind a switch. `judge.ts` loads that source and turns one switch
 * after another in one process, which costs some 30 ms for a mutant. StrykerJS starts Vitest for each, which costs 1.4 seconds.
 */
const [again, paths] = process.argv[2] === '--again' ? [true, process.argv.slice(3)] : [false, process.argv.slice(2)]
const sources = globSync('core/**/*.ts').filter((path) => paths.length === 0 || paths.some((it) => path.startsWith(it)))
if (sources.length === 0) throw new Error(`No file of core begins with ${paths.join(' or ')}.`)

const log = { isDebugEnabled: () => false, debug: () => {}, info: () => {} }
const { files, mutants } = await new Instrumenter(log as never).instrument(
  sources.map((path) => ({ name: resolve(path), mutate: true, content: readFileSync(path, 'utf8') })),
  { plugins: null, excludedMutations: [], ignorers: [], noHeader: true },
)
const instrumented = new Map(files.map(({ name, content }) => [name, content]))

const vitest = await startVitest(
  [],
  {
    config: false,
    include: ['test/mutate/judge.ts'],
    watch: false,
    testTimeout: 0,
    dangerouslyIgnoreUnhandledErrors: true,
    // A mutant may change the names of tests. Their snapshots must not be written, and its source must not be cached.
    update: 'none',
    fsModuleCache: false,
    provide: {
      mutants: mutants.map(({ id, fileName, location, replacement }) => ({ id, fileName, ...location, replacement })),
      again: again ? readFileSync('.carillon/survivors.txt', 'utf8') : undefined,
      tests: globSync('test/core/**/*.test.ts').map((path) => resolve(path)),
    },
  },
  { plugins: [{ name: 'mutants', enforce: 'pre', load: (id) => instrumented.get(id) }] },
)
await vitest.close()
