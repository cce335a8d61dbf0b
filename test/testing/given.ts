import { afterEach } from 'vitest'
import * as z from 'zod'
import { defineTask, type Json, retriable, type TaskType } from '../../core/define.ts'
import { type TestWorld, type TestWorldOptions, testWorld } from '../../testing/index.ts'

export const START = Date.UTC(2026, 0, 5, 9)
export const MINUTE = 60_000
/** The time `ms` milliseconds after the start, in ISO 8601. */
export const at = (ms: number) => new Date(START + ms).toISOString()

const open: TestWorld[] = []
/** Starts a world that is closed after the test. */
export const given = async (types: readonly TaskType[], more: Partial<TestWorldOptions> = {}): Promise<TestWorld> => {
  const world = await testWorld({ types, ...more })
  open.push(world)
  return world
}
afterEach(async () => {
  for (const world of open.splice(0)) await world.close()
})

export const anything = z.unknown()
export const echo = defineTask('echo', { input: anything, events: 'all', run: ({ input }) => input as Json })
export const broken = defineTask('broken', {
  input: anything,
  retry: { policy: 'fixed', wait: '1m', attempts: 3 },
  run: ({ log }) => {
    log.info('it breaks now')
    throw retriable('Broken', 'it broke')
  },
})
