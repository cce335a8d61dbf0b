import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Report } from './simulate.ts'

/** The result of a seed: its report, or the error that stopped the simulation. */
export type SeedResult = { readonly report: Report } | { readonly seed: number; readonly error: string }

/** Seeds in one message to a worker. A run takes many milliseconds, a message less than one. */
const CHUNK_COUNT = 10

/**
 * Runs seeds on every core. Results come in no particular order.
 *
 * @throws the error that ended a worker
 * @example await runSeeds([1, 2, 3], (result) => console.log(result))
 */
export const runSeeds = async (seeds: readonly number[], onResult: (result: SeedResult) => void): Promise<void> => {
  const left = [...seeds]
  const count = Math.min(availableParallelism(), Math.ceil(seeds.length / CHUNK_COUNT))
  await Promise.all(Array.from({ length: count }, () => work(left, onResult)))
}

const work = (left: number[], onResult: (result: SeedResult) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    // Without the flags of the parent: those of a test runner do not work in this worker.
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 64 },
    })
    const next = () => {
      const seeds = left.splice(0, CHUNK_COUNT)
      if (seeds.length > 0) worker.postMessage(seeds)
      else void worker.terminate().then(() => resolve())
    }
    worker.on('message', (results: readonly SeedResult[]) => {
      results.forEach(onResult)
      next()
    })
    worker.on('error', reject)
    next()
  })
