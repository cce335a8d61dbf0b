import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask, nonRetriable, type TaskType } from '../../../core/define.ts'
import { DEFAULT_LANES, lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { type Local, startLocal } from '../../../worlds/local/index.ts'
import { localLog } from '../../../worlds/local/telemetry.ts'

let folder: string
let local: Local
const ran: string[] = []
const heard = new EventTarget()
const note = (text: string) => {
  ran.push(text)
  heard.dispatchEvent(new Event('ran'))
}
/** Resolves when the text has been noted. */
const noted = async (text: string) => {
  while (!ran.includes(text)) await new Promise((resolve) => heard.addEventListener('ran', resolve, { once: true }))
}

const greet = defineTask('greet', {
  input: z.object({ name: z.string() }),
  onFailure: 'console',
  run: async ({ input, task }) => {
    if (input.name === 'nobody') throw nonRetriable('Nobody', 'there is nobody to greet')
    note(`${task.tenant} greets ${input.name}`)
    return `Hello, ${input.name}`
  },
})
const report = defineTask('console', { input: z.unknown(), run: async ({ task }) => note(`${task.tenant} reports`) })

const start = (types: readonly TaskType[] = [greet, report], lanes = DEFAULT_LANES) =>
  startLocal({ types, lanes, port: 0, data: folder, log: localLog({ level: 'silent', pretty: false, write: () => {} }) })

beforeEach(async () => {
  ran.length = 0
  folder = mkdtempSync(join(tmpdir(), 'carillon-local-'))
  local = await start()
})
afterEach(async () => {
  await local.stop()
  rmSync(folder, { recursive: true })
})

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${local.url}/v1/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('a task that is posted runs', async () => {
  expect((await post({ type: 'greet', input: { name: 'Ada' } }, { 'x-carillon-tenant': 'acme' })).status).toBe(201)
  await noted('acme greets Ada')
})

test('a task that is due later runs then and not before', async () => {
  const response = await post({ type: 'greet', input: { name: 'Later' }, delay: '250ms' })
  const { dueAt } = (await response.json()) as { dueAt: string }
  await noted('default greets Later')
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(dueAt))
})

test('a task that fails for good has its failure task run', async () => {
  await post({ type: 'greet', input: { name: 'nobody' } })
  await noted('default reports')
})

test('what nobody can read on a lane ends as a quarantined row', async () => {
  local.world.queue.put('normal', 'not a nudge')
  const found = async () => {
    const response = await fetch(`${local.url}/v1/tasks?state=failed`, { headers: { 'x-carillon-tenant': 'carillon' } })
    return ((await response.json()) as { items: { type: string }[] }).items
  }
  for (;;) {
    const [row] = await found()
    if (row) {
      expect(row.type).toBe('carillon.quarantine')
      return
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
})

test('what was open when it stopped goes on when it is started again', async () => {
  await post({ type: 'greet', input: { name: 'Tomorrow' }, delay: '300ms' })
  await local.stop()
  local = await start()
  await noted('default greets Tomorrow')
})

test('a body over the limit is a 413, and the server goes on', async () => {
  const response = await post('x'.repeat(LIMITS.requestBytes + 1))
  expect(response.status).toBe(413)
  expect((await response.json()) as object).toMatchObject({ code: 'tooLarge' })
  expect((await fetch(`${local.url}/v1/health`)).status).toBe(200)
})

test('a HEAD has no body, and says what a GET would have answered', async () => {
  const response = await fetch(`${local.url}/v1/tasks/nothing`, { method: 'HEAD' })
  expect(response.status).toBe(404)
  expect(await response.text()).toBe('')
})

test('a caller that goes away in the middle of its body harms nobody', async () => {
  const { port } = new URL(local.url)
  const broken = request({ port, host: '127.0.0.1', path: '/v1/tasks', method: 'POST', headers: { 'content-length': 100 } })
  broken.on('error', () => {})
  await new Promise((resolve) => broken.write('{', resolve))
  broken.destroy()
  expect((await fetch(`${local.url}/v1/health`)).status).toBe(200)
})

test('a port that is taken is an error, and the folder is let go of', async () => {
  const port = Number(new URL(local.url).port)
  const data = join(folder, 'other')
  const other = { types: [greet, report], data, log: localLog({ level: 'silent', pretty: false, write: () => {} }) }
  await expect(startLocal({ ...other, port })).rejects.toThrow(`port ${port} is in use`)
  const second = await startLocal({ ...other, port: 0 })
  await second.stop()
})

test('it listens on loopback only', async () => {
  expect(new URL(local.url).hostname).toBe('localhost')
  const { port } = new URL(local.url)
  await expect(fetch(`http://127.0.0.2:${port}/v1/health`)).rejects.toThrow('fetch failed')
})

test('a task whose lane has gone keeps neither the server from starting nor other tasks from running', async () => {
  await local.stop()
  const extra = { ...DEFAULT_LANES, extra: lane('extra', 60_000) }
  local = await start([greet, report], extra)
  const { id } = (await (await post({ type: 'greet', input: { name: 'Eve' }, lane: 'extra', delay: '1m' })).json()) as {
    id: string
  }
  await local.stop()
  local = await start()
  await post({ type: 'greet', input: { name: 'Bob' } })
  await noted('default greets Bob')
  const task = await local.world.store.get({ kind: 'task', tenant: 'default', id })
  expect(task).toMatchObject({ state: 'scheduled' })
})

test('a start warns of open tasks whose types are no longer registered, and names them', async () => {
  await post({ type: 'greet', input: { name: 'Ada' }, delay: '1h' })
  await local.stop()
  const lines: string[] = []
  const log = localLog({ level: 'warn', pretty: false, write: (line) => lines.push(line) })
  local = await startLocal({ types: [report], port: 0, data: folder, log })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ message: 'local.unknownTypes', types: 'greet' }])
})

test('what each tenant is granted is said at the start; what cannot be is an error', async () => {
  await local.stop()
  const log = localLog({ level: 'silent', pretty: false, write: () => {} })
  const options = { types: [greet, report], port: 0, data: folder, log }
  await expect(startLocal({ ...options, tenantLimit: { concurrency: 0 } })).rejects.toThrow('tenantLimit: /concurrency: 0')
  local = await startLocal({ ...options, tenantLimit: { concurrency: 7 } })
  const { items } = (await (await fetch(`${local.url}/v1/controls`)).json()) as { items: object[] }
  expect(items).toMatchObject([{ scope: 'tenant', concurrency: 7 }])
})
