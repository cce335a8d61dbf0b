import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRefusal } from '../core/refusal.ts'
import { create, newIdentity } from '../engine/create/create.ts'
import { startLocal } from '../worlds/local/index.ts'
import { types } from './handlers.ts'
import type { Measure } from './scenarios.ts'

const COUNT = 10_000
const silent = { info: () => {}, warn: () => {}, error: (message: string, fields?: object) => console.error(message, fields) }
const caller = { tenant: 'bench', scopes: ['carillon/admin'], by: 'user:bench' } as const

/**
 * 10,000 tasks from creation to success, with the handlers in the main thread or in a worker thread: tasks per second, and
 * seconds of CPU of all threads.
 *
 * @param isolate `thread` or `none`, as in `CARILLON_ISOLATE`
 */
const measure = async (isolate: string): Promise<readonly Measure[]> => {
  const data = mkdtempSync(join(tmpdir(), 'carillon-isolation-'))
  const threads = isolate === 'thread' ? { handlersUrl: new URL('handlers.ts', import.meta.url).href } : {}
  const { world, app, stop } = await startLocal({ types, port: 0, data, log: silent, ...threads })
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  for (let first = 0; first < COUNT; first += 100) {
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const where = { world, app, caller }
        const created = await create(where, { type: 'nothing', input: {} }, newIdentity(where))
        if (isRefusal(created)) throw new Error(created.message)
      }),
    )
  }
  while (world.store.backlog().openCount > 0) await world.clock.sleep(5)
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpuBefore)
  await stop(1_000)
  rmSync(data, { recursive: true })
  return [
    { name: `handlers isolated by ${isolate}: create → success`, value: Math.round((COUNT / ms) * 1_000), unit: 'tasks/s' },
    { name: `handlers isolated by ${isolate}: CPU`, value: Number(((user + system) / 1e6).toFixed(2)), unit: 's' },
  ]
}

// Each measurement runs in its own process.
if (import.meta.main) process.stdout.write(`${JSON.stringify(await measure(process.argv[2] ?? 'none'))}\n`)
