import { parentPort } from 'node:worker_threads'
import { simulate } from './simulate.ts'
import type { SeedResult } from './worker-pool.ts'

// One thread of the crew: takes a handful of seeds, runs them one after the other, and says what came of each.
parentPort?.on('message', async (seeds: readonly number[]) => {
  const said: SeedResult[] = []
  for (const seed of seeds) {
    try {
      said.push({ report: await simulate({ seed }) })
    } catch (thrown) {
      said.push({ seed, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) })
    }
  }
  parentPort?.postMessage(said)
})
