import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Report } from './simulate.ts'

/** What a worker says of each seed: its report, or the error that broke the simulation itself. */
export type SeedResult = { readonly report: Report } | { readonly seed: number; readonly error: string }

/** Seeds that a worker takes at a time: a run takes some milliseconds, a message between threads a part of one. */
const CHUNK_COUNT = 10

/**
 * Runs seeds on every core and hears what each came to, in no particular order.
 *
 * @throws Error when a worker dies
 * @example await runSeeds([1, 2, 3], (said) => console.log(said))
 */
export const runSeeds = async (seeds: readonly number[], hear: (said: SeedResult) => void): Promise<void> => {
  const left = [...seeds]
  const count = Math.min(availableParallelism(), Math.ceil(seeds.length / CHUNK_COUNT))
  await Promise.all(Array.from({ length: count }, () => work(left, hear)))
}

const work = (left: number[], hear: (said: SeedResult) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    // Without the flags of the parent: a test runner's would not fit.
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [] })
    const next = () => {
      const seeds = left.splice(0, CHUNK_COUNT)
      if (seeds.length > 0) worker.postMessage(seeds)
      else void worker.terminate().then(() => resolve())
    }
    worker.on('message', (said: readonly SeedResult[]) => {
      said.forEach(hear)
      next()
    })
    worker.on('error', reject)
    next()
  })
