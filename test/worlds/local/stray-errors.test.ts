import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CARELESS, typeName } from '../node/careless.ts'
import { mustStart, type Server } from './server.ts'

let folder: string
let server: Server
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-stray-'))
})
afterEach(async () => {
  await server.end('SIGKILL')
  rmSync(folder, { recursive: true })
})

const json = async (path: string, body?: object) => {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return (await (await fetch(`${server.url}${path}`, body ? post : {})).json()) as Record<string, unknown>
}

type Finished = { readonly state: string; readonly attempt: number; readonly error?: { readonly message: string } }

const finished = async (id: unknown): Promise<Finished> => {
  for (;;) {
    const task = (await json(`/v1/tasks/${id}`)) as Finished
    if (['succeeded', 'failed'].includes(task.state)) return task
    await pause(10)
  }
}

test.each(['thread', 'none'])(
  'careless handlers (isolated by %s) fail their own attempts; the process, the API and the neighbour go on',
  async (isolate) => {
    const env = { CARILLON_HANDLERS: 'test/worlds/node/careless.ts', CARILLON_LOG: 'silent', CARILLON_ISOLATE: isolate }
    server = await mustStart(folder, env)
    const neighbour = await json('/v1/tasks', { type: 'neighbour', input: { forMs: 300 } })
    const names = Object.keys(CARELESS)
    const tasks = await Promise.all(names.map((name) => json('/v1/tasks', { type: typeName(name), input: {} })))
    for (const [index, name] of names.entries()) {
      const { state, attempt, error } = await finished(tasks[index]?.id)
      expect({ name, state, attempt, message: error?.message }).toEqual({
        name,
        state: 'failed',
        attempt: 2,
        message: expect.stringContaining(CARELESS[name]?.message ?? ''),
      })
    }
    expect(await finished(neighbour.id)).toMatchObject({ state: 'succeeded', attempt: 1 })
    expect(server.process.exitCode).toBeNull()
  },
)
