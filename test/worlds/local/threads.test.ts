import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answering } from './looping.ts'
import { mustStart, type Server } from './server.ts'

let folder: string
const servers: Server[] = []
// One server for most tests, because each start takes a second.
let threaded: Server
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-threads-'))
  threaded = await start()
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.process.exitCode ?? server.process.signalCode ?? server.end('SIGKILL')))
  rmSync(folder, { recursive: true })
})

const start = async (env: NodeJS.ProcessEnv = {}): Promise<Server> => {
  const server = await mustStart(join(folder, env.CARILLON_ISOLATE ?? 'thread'), {
    CARILLON_HANDLERS: 'test/worlds/local/looping.ts',
    CARILLON_LOG: 'silent',
    ...env,
  })
  servers.push(server)
  return server
}

type Task = {
  readonly id: string
  readonly state: string
  readonly attempt: number
  readonly output?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}
type Attempt = { readonly outcome: string; readonly error?: { readonly stack?: string }; readonly progress?: object }

const json = async ({ url }: Server, path: string, body?: object): Promise<unknown> => {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return (await fetch(`${url}${path}`, body ? post : {})).json()
}
const create = async (server: Server, type: string, input: object = {}): Promise<string> =>
  ((await json(server, '/v1/tasks', { type, input, tags: ['blue'] })) as Task).id

const until = async (server: Server, id: string, isMet: (task: Task) => boolean): Promise<Task> => {
  for (;;) {
    const task = (await json(server, `/v1/tasks/${id}`)) as Task
    if (isMet(task)) return task
    await pause(20)
  }
}
const running = ({ state }: Task) => state === 'running'
const ended = ({ state }: Task) => ['succeeded', 'failed', 'cancelled', 'conflicted'].includes(state)
const attemptsOf = async (server: Server, id: string) =>
  ((await json(server, `/v1/tasks/${id}/attempts`)) as { items: Attempt[] }).items

describe('an endless loop', () => {
  test.each(['endless', 'endless-later'])(
    '(%s) ends at its timeout, while the API answers; the attempt beside it is interrupted and runs again',
    async (type) => {
      const server = threaded
      const neighbour = await create(server, 'neighbour', { forMs: 1_000 })
      await until(server, neighbour, running)
      const id = await create(server, type)
      await until(server, id, running)
      // Answered while the thread is blocked.
      const later = await create(server, 'neighbour', { forMs: 0 })
      expect((await until(server, id, ended)).error?.code).toBe('Timeout')
      expect(await until(server, neighbour, ended)).toMatchObject({ state: 'succeeded', output: { attempt: 2 } })
      expect((await attemptsOf(server, neighbour)).map(({ outcome }) => outcome)).toEqual(['succeeded', 'interrupted'])
      expect(await until(server, later, ended)).toMatchObject({ state: 'succeeded' })
    },
  )

  test('ends by a cancel', async () => {
    const server = threaded
    const id = await create(server, 'endless-until-cancelled')
    await until(server, id, running)
    await json(server, `/v1/tasks/${id}/cancel`, {})
    expect(await until(server, id, ended)).toMatchObject({ state: 'cancelled' })
  })
})

test('an error of no attempt ends only the thread; its attempts are interrupted and run again', async () => {
  const server = threaded
  const id = await create(server, 'shared-listener')
  expect(await until(server, id, ended)).toMatchObject({ state: 'succeeded', output: { attempt: 2 } })
  expect((await attemptsOf(server, id)).map(({ outcome }) => outcome)).toEqual(['succeeded', 'interrupted'])
})

test('every answer of a handler is the same from a thread as from the main thread', async () => {
  const seen = async (server: Server) => {
    const inputs: Record<string, object> = { 'a-date': { at: '2026-01-05' }, 'bad-input': { n: 3 } }
    const ids = await Promise.all(answering.map(({ name }) => create(server, name, inputs[name])))
    return Promise.all(
      ids.map(async (id, index) => {
        const { state, attempt, output, error } = await until(server, id, ended)
        const attempts = await attemptsOf(server, id)
        const shown = attempts.map(({ outcome, error, progress }) => ({
          outcome,
          // Without the frames of Carillon, which differ.
          stack: error?.stack?.split('\n').filter((line) => !/^ +at /.test(line) || line.includes('looping.ts')),
          progress: progress && { ...progress, at: 'then' },
        }))
        return { name: answering[index]?.name, state, attempt, output, error, shown }
      }),
    )
  }
  const [threads, direct] = await Promise.all([seen(threaded), start({ CARILLON_ISOLATE: 'none' }).then(seen)])
  expect(threads).toEqual(direct)
  expect(threads.find(({ name }) => name === 'context')?.output).toMatchObject({ tags: ['blue'], attempt: 1, key: true })
  expect(threads.find(({ name }) => name === 'thrown')).toMatchObject({ error: { code: 'E1', message: 'by Ada' } })
  expect(threads.find(({ name }) => name === 'a-date')?.output).toEqual({ isDate: true })
})

test('an endless loop does not prevent an orderly stop, which interrupts it', async () => {
  const server = threaded
  const id = await create(server, 'endless-until-cancelled')
  await until(server, id, running)
  expect(await server.end('SIGTERM')).toBe(0)
  const second = await start()
  expect((await attemptsOf(second, id)).at(-1)?.outcome).toBe('interrupted')
})
