import { parentPort } from 'node:worker_threads'
import { simulate } from './simulate.ts'
import type { SeedResult } from './worker-pool.ts'

// One thread of the worker pool: runs the seeds of each message one after the other and answers their results.
parentPort?.on('message', async (seeds: readonly number[]) => {
  const results: SeedResult[] = []
  for (const seed of seeds) {
    try {
      results.push({ report: await simulate({ seed }) })
    } catch (thrown) {
      results.push({ seed, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) })
    }
  }
  parentPort?.postMessage(results)
})
