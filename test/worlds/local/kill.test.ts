import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readMarks } from './marks.ts'
import { type Server, serverScene, startServer } from './server.ts'

const { folder, start } = serverScene('carillon-kill-')
const marks = () => join(folder(), 'marks')

type Task = { readonly id: string; readonly state: string; readonly attempt: number }

/** Creates tasks that run for the given times; returns their ids. */
const create = async ({ url }: Server, timesMs: readonly number[]): Promise<readonly string[]> => {
  const tasks = timesMs.map((forMs) => ({ type: 'mark', input: { file: marks(), forMs } }))
  const ids: string[] = []
  for (let at = 0; at < tasks.length; at += 100) {
    const response = await fetch(`${url}/v1/tasks/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tasks: tasks.slice(at, at + 100) }),
    })
    const { items } = (await response.json()) as { items: { status: number; task: Task }[] }
    for (const item of items) {
      expect(item.status).toBe(201)
      ids.push(item.task.id)
    }
  }
  return ids
}

const list = async ({ url }: Server): Promise<readonly Task[]> => {
  const all: Task[] = []
  for (let cursor = ''; ; ) {
    const response = await fetch(`${url}/v1/tasks?limit=100${cursor}`)
    const { items, nextCursor } = (await response.json()) as { items: Task[]; nextCursor?: string }
    all.push(...items)
    if (!nextCursor) return all
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`
  }
}

const count = (tasks: readonly Task[], state: string) => tasks.filter((task) => task.state === state).length

/** Polls the API until the list meets the condition. */
const until = async (server: Server, wanted: (tasks: readonly Task[]) => boolean): Promise<readonly Task[]> => {
  for (;;) {
    const tasks = await list(server)
    if (wanted(tasks)) return tasks
    await pause(20)
  }
}

test('a server that is killed during 200 tasks loses none, and no task runs twice at the same time', async () => {
  const first = await start()
  const ids = await create(
    first,
    Array.from({ length: 200 }, (_, at) => at * 20),
  )
  await until(first, (tasks) => count(tasks, 'succeeded') >= 50)
  await first.end('SIGKILL')
  const before = readMarks(marks())

  const second = await start()
  const tasks = await until(second, (tasks) => count(tasks, 'succeeded') === 200)
  expect(new Set(tasks.map(({ id }) => id))).toEqual(new Set(ids))

  const all = readMarks(marks())
  const interrupted = ids.filter(
    (id) => before.some((mark) => mark.id === id) && !before.some((mark) => mark.id === id && mark.what === 'end'),
  )
  expect(interrupted.length).toBeGreaterThan(0)
  for (const id of ids) {
    const mine = all.filter((mark) => mark.id === id)
    expect(mine.some((mark) => mark.what === 'end')).toBe(true)
    for (const pid of new Set(mine.map((mark) => mark.pid))) {
      // In each process starts and ends alternate: a second start before the end would be a concurrent run.
      const ownMarks = mine.filter((mark) => mark.pid === pid).map((mark) => mark.what)
      expect(ownMarks).toEqual(ownMarks.map((_, at) => (at % 2 === 0 ? 'start' : 'end')))
    }
  }
  // Tasks that had succeeded before the kill did not run again; interrupted ones ran exactly once more.
  for (const { id, attempt } of tasks) if (interrupted.includes(id)) expect(attempt).toBe(2)
  expect(tasks.filter(({ attempt }) => attempt > 2)).toEqual([])
})

test('a delayed task survives the kill', async () => {
  const first = await start()
  const response = await fetch(`${first.url}/v1/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'mark', input: { file: marks(), forMs: 0 }, delay: '500ms' }),
  })
  expect(response.status).toBe(201)
  await first.end('SIGKILL')
  const second = await start()
  const [task] = await until(second, (tasks) => count(tasks, 'succeeded') === 1)
  expect(task).toMatchObject({ attempt: 1 })
})

test('a server that receives SIGINT lets running tasks finish, and exits with 0', async () => {
  const first = await start()
  const [id] = await create(first, [300])
  await until(first, (tasks) => count(tasks, 'running') === 1)
  expect(await first.end('SIGINT')).toBe(0)
  expect(readMarks(marks()).map(({ what }) => what)).toEqual(['start', 'end'])
  const second = await start()
  expect(await list(second)).toMatchObject([{ id, state: 'succeeded', attempt: 1 }])
})

test('a second server on the same folder does not start, and its error has the reason', async () => {
  await start()
  const second = await startServer(folder())
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('in use by another process') })
})
