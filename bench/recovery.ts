import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Measure } from './scenarios.ts'

/** The server process, killed while tasks run and started again on the same file. */

const MAIN = fileURLToPath(new URL('../worlds/local/main.ts', import.meta.url))
const HANDLERS = fileURLToPath(new URL('handlers.ts', import.meta.url))
const RUNNING_COUNT = 200

type Server = { readonly process: ChildProcess; readonly url: string; readonly startedAt: number }

const start = async (data: string): Promise<Server> => {
  const startedAt = Date.now()
  const env = { ...process.env, PORT: '0', CARILLON_DATA: data, CARILLON_HANDLERS: HANDLERS, CARILLON_LOG: 'error' }
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/localhost:\d+/.exec(line)?.[0]
    if (url) return { process: child, url, startedAt }
  }
  throw new Error('the server ended before it logged its address')
}

type Task = {
  readonly id: string
  readonly state: string
  readonly attempt: number
  readonly startedAt?: string
  readonly finishedAt?: string
}

const json = async <Body>(url: string, body?: object): Promise<Body> => {
  const post = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url, post || {})
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Body
}

const tasksOf = async ({ url }: Server): Promise<readonly Task[]> => {
  const all: Task[] = []
  for (let query = '?limit=100'; ; ) {
    const { items, nextCursor } = await json<{ items: Task[]; nextCursor?: string }>(`${url}/v1/tasks${query}`)
    all.push(...items)
    if (!nextCursor) return all
    query = `?limit=100&cursor=${encodeURIComponent(nextCursor)}`
  }
}

const until = async (server: Server, holds: (tasks: readonly Task[]) => boolean): Promise<readonly Task[]> => {
  for (;;) {
    const tasks = await tasksOf(server)
    if (holds(tasks)) return tasks
  }
}

const sleepTask = (forMs: number) => ({ type: 'nap', input: { forMs } })

/** Time from process start to the first finished task, and from a restart until every interrupted task runs again. */
export const recovery = async (): Promise<readonly Measure[]> => {
  const data = mkdtempSync(join(tmpdir(), 'carillon-recovery-'))
  const first = await start(data)
  await json(`${first.url}/v1/tasks`, sleepTask(0))
  const [done] = await until(first, ([task]) => task?.state === 'succeeded')
  for (let sent = 0; sent < RUNNING_COUNT; sent += 100)
    await json(`${first.url}/v1/tasks/batch`, { tasks: Array.from({ length: 100 }, () => sleepTask(3_000)) })
  await until(first, (tasks) => tasks.some(({ state }) => state === 'running'))
  first.process.kill('SIGKILL')
  await once(first.process, 'exit')

  const second = await start(data)
  const after = await until(second, (tasks) => tasks.every(({ state }) => state === 'succeeded'))
  second.process.kill('SIGTERM')
  await once(second.process, 'exit')
  rmSync(data, { recursive: true })
  const interrupted = after.filter(({ attempt }) => attempt > 1)
  const resumedMs = Math.max(...interrupted.map(({ startedAt }) => Date.parse(startedAt ?? '') - second.startedAt))
  return [
    {
      name: 'process start → first task done',
      value: Date.parse(done?.finishedAt ?? '') - first.startedAt,
      unit: 'ms',
      target: '< 1000',
    },
    {
      name: `kill -9 with ${interrupted.length} running → restart → all resumed`,
      value: resumedMs,
      unit: 'ms',
      target: '< 2000',
    },
    { name: 'tasks lost by the kill', value: RUNNING_COUNT + 1 - after.length, unit: 'tasks', target: '0' },
  ]
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await recovery())}\n`)
