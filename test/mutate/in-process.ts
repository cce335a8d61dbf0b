import { runInThisContext } from 'node:vm'
import { type RunnerTestCase, type RunnerTestFile, TestRunner, vi } from 'vitest'
import { startTests } from 'vitest/internal/browser'

/** How often a mutant may run in one test file before it counts as an endless loop, and how long a test may take
 * with a mutant, on a busy machine too. */
const RUNS_COUNT = 1_000_000
const TEST_MS = 30_000

/** The mutant that is switched on, and how often it may still run. */
let active: string | undefined
let left = 0
/** The mutants that the present test, or the loading of the present file, has reached; undefined while a mutant is on. */
let reached: Set<string> | undefined

// The instrumented source calls these two: these mutants are in this place; is this mutant switched on?
Object.assign(globalThis, {
  stryCov_9fa48: (...ids: readonly [string, ...string[]]) => {
    if (reached?.has(ids[0]) === false) for (const id of ids) reached.add(id)
  },
  stryMutAct_9fa48: (id: string) => {
    if (active !== id) return false
    if (left-- > 0) return true
    throw new Error('endless loop')
  },
})

/** Vitest keeps its configuration and the loaded modules of a worker here. */
const worker = (
  globalThis as never as {
    readonly __vitest_worker__: {
      readonly config: TestRunner['config']
      readonly evaluatedModules: { readonly getModuleById: (id: string) => object | undefined }
    }
  }
).__vitest_worker__

/** Runs a test file beside the tests of Vitest, up to the first failure, and tells the process of Vitest nothing. */
class InProcess extends TestRunner {
  readonly #wanted: ReadonlySet<string> | undefined
  readonly reachedBy = new Map<string, ReadonlySet<string>>()
  failure: unknown

  constructor(wanted: ReadonlySet<string> | undefined) {
    super(worker.config)
    this.#wanted = wanted
    this.trace = <T>(_: string, attributes: Record<string, unknown> | (() => T), run?: () => T): T =>
      (run ?? (attributes as () => T))()
  }

  #enter(place: string): void {
    if (active !== undefined) return
    reached = new Set()
    this.reachedBy.set(place, reached)
  }

  override importFile(path: string): unknown {
    this.#enter(path)
    // The file itself is always loaded again, because loading it collects its tests.
    Object.assign(worker.evaluatedModules.getModuleById(path) ?? {}, { promise: undefined, exports: undefined, evaluated: false })
    return import(/* @vite-ignore */ path)
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    if (this.failure !== undefined || this.#wanted?.has(test.id) === false) test.mode = 'skip'
    this.#enter(test.id)
    await super.onBeforeRunTask(test)
  }

  /** A synchronous loop that never ends can be ended only from outside, and `vm` does that. */
  async runTask(test: RunnerTestCase): Promise<void> {
    Object.assign(globalThis, { testFunction: TestRunner.getTestFn(test) })
    await runInThisContext('testFunction()', active === undefined ? {} : { timeout: TEST_MS })
  }

  override onAfterRunTask(test: RunnerTestCase): void {
    this.failure ??= test.result?.errors?.[0]
    super.onAfterRunTask(test)
  }

  /** `TestRunner` would forget the snapshots of the file around this run. */
  override onAfterRunFiles(files: readonly RunnerTestFile[]): void {
    this.failure ??= files[0]?.result?.errors?.[0]
  }
}

/**
 * Runs a test file, or only the wanted tests of it, with a mutant switched on. `fresh` loads all modules again, so that the mutant is
 * on while they load. Returns the first failure, and without a mutant what each test and the loading reached.
 */
export const run = async (
  path: string,
  {
    mutant,
    fresh,
    wanted,
  }: { readonly mutant?: string; readonly fresh: boolean; readonly wanted?: ReadonlySet<string> | undefined },
): Promise<{ readonly failure: unknown; readonly reachedBy: ReadonlyMap<string, ReadonlySet<string>> }> => {
  active = mutant
  left = RUNS_COUNT
  reached = undefined
  if (fresh) vi.resetModules()
  const runner = new InProcess(wanted)
  await startTests([path], runner)
  active = undefined
  return runner
}
