import { parentPort } from 'node:worker_threads'
import type { Said } from './crew.ts'
import { simulate } from './simulate.ts'

// One thread of the crew: takes a handful of seeds, runs them one after the other, and says what came of each.
parentPort?.on('message', async (seeds: readonly number[]) => {
  const said: Said[] = []
  for (const seed of seeds) {
    try {
      said.push({ report: await simulate({ seed }) })
    } catch (thrown) {
      said.push({ seed, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) })
    }
  }
  parentPort?.postMessage(said)
})
