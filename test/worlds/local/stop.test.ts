import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../../core/define.ts'
import { type Local, startLocal } from '../../../worlds/local/index.ts'
import { localLog } from '../../../worlds/local/telemetry.ts'
import { serverScene } from './server.ts'

const { folder, start } = serverScene('carillon-stop-')

type Address = { readonly url: string }
const get = async <Body>({ url }: Address, path: string): Promise<Body> => (await (await fetch(`${url}${path}`)).json()) as Body
const create = async ({ url }: Address, task: object): Promise<{ readonly id: string; readonly state: string }> => {
  const headers = { 'content-type': 'application/json' }
  return (await (await fetch(`${url}/v1/tasks`, { method: 'POST', headers, body: JSON.stringify(task) })).json()) as {
    id: string
    state: string
  }
}

type Task = { readonly state: string; readonly attempt: number; readonly error?: { readonly code: string } }
type Attempts = { readonly items: readonly { readonly outcome: string }[]; readonly summary: Readonly<Record<string, number>> }

/** Polls the API until the task is as wanted. */
const until = async (server: Address, id: string, wanted: (task: Task) => boolean): Promise<Task> => {
  for (;;) {
    const task = await get<Task>(server, `/v1/tasks/${id}`)
    if (wanted(task)) return task
    await pause(20)
  }
}
const isRunning = (attempt: number) => (task: Task) => task.state === 'running' && task.attempt === attempt

describe('planned restarts', () => {
  test('ten of them use up nothing: each attempt is interrupted, and the eleventh succeeds', { timeout: 240_000 }, async () => {
    const input = { file: join(folder(), 'marks'), until: join(folder(), 'finish') }
    let server = await start()
    const { id } = await create(server, { type: 'obey', input })
    for (let stop = 1; stop <= 10; stop++) {
      await until(server, id, isRunning(stop))
      expect(await server.end(stop % 2 === 0 ? 'SIGINT' : 'SIGTERM')).toBe(0)
      if (stop === 10) writeFileSync(input.until, '')
      server = await start()
    }
    expect(await until(server, id, ({ state }) => state !== 'running' && state !== 'scheduled')).toMatchObject({
      state: 'succeeded',
      attempt: 11,
    })
    const { items, summary } = await get<Attempts>(server, `/v1/tasks/${id}/attempts`)
    expect(items.map(({ outcome }) => outcome)).toEqual(['succeeded', ...Array(10).fill('interrupted')])
    expect(summary).toEqual({ count: 0, losses: 0, snoozes: 0, interruptions: 0 })
    const { history } = await get<{ history: { command: string; code?: string; reason?: string }[] }>(server, `/v1/tasks/${id}`)
    expect(history.filter(({ code }) => code === 'Interrupted')).toHaveLength(10)
    expect(history.at(2)).toMatchObject({ command: 'rearm', reason: expect.stringContaining('the process that runs attempt 1') })
  })
})

describe('after the last loss that is allowed', () => {
  test('a start ends the task at once, gives its place back and frees its unique key', { timeout: 120_000 }, async () => {
    const input = { file: join(folder(), 'marks'), until: join(folder(), 'finish') }
    // The lease of this lane lasts for 14 minutes: nothing waits for its end.
    const task = { type: 'obey', lane: 'long', timeout: '5m', gate: { key: 'one', limit: 1 }, input }
    const first = await start()
    const { id } = await create(first, { ...task, unique: {} })
    await until(first, id, isRunning(1))
    const { id: behind } = await create(first, { ...task, input: { ...input, file: join(folder(), 'other') } })
    await until(first, behind, (it) => 'blocked' in it)
    await first.end('SIGKILL')

    const second = await start()
    expect(await until(second, id, ({ state }) => state !== 'running')).toMatchObject({
      state: 'failed',
      error: { code: 'WorkerLost' },
    })
    const { summary } = await get<{ summary: string }>(second, `/v1/tasks/${id}/explain`)
    expect(summary).toContain('lost the maximum number of workers')
    await until(second, behind, isRunning(1))
    const again = await create(second, { ...task, unique: {} })
    expect(again).toMatchObject({ state: 'scheduled' })
    expect(again.id).not.toBe(id)
  })
})

describe('a stop in this process', () => {
  const log = localLog({ level: 'silent', pretty: false, write: () => {} })
  const startHere = (run: (signal: AbortSignal) => Promise<string>): Promise<Local> => {
    const type = defineTask('work', {
      input: z.unknown(),
      retry: { policy: 'none', losses: 0 },
      run: ({ signal }) => run(signal),
    })
    return startLocal({ types: [type], port: 0, data: folder(), log })
  }

  test.each([0, 500])(
    'stores that a handler which ignores its signal was interrupted, with a grace of %d ms',
    async (graceMs) => {
      const local = await startHere(() => new Promise(() => {}))
      const { id } = await create(local, { type: 'work', input: null })
      await until(local, id, isRunning(1))
      await local.stop(graceMs)
      const next = await startHere(async () => 'done')
      expect(await until(next, id, ({ state }) => state === 'succeeded')).toMatchObject({ attempt: 2 })
      const { items } = await get<Attempts>(next, `/v1/tasks/${id}/attempts`)
      expect(items.map(({ outcome }) => outcome)).toEqual(['succeeded', 'interrupted'])
      await next.stop()
    },
  )

  test('lets a handler finish after its signal, and stores its answer', async () => {
    const local = await startHere(async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return 'finished'
    })
    const { id } = await create(local, { type: 'work', input: null })
    await until(local, id, isRunning(1))
    await local.stop()
    const next = await startHere(async () => 'done')
    expect(await get<Task>(next, `/v1/tasks/${id}`)).toMatchObject({ state: 'succeeded', attempt: 1, output: 'finished' })
    await next.stop()
  })
})
