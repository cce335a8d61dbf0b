import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask, nonRetriable, type TaskType } from '../../../core/define.ts'
import { DEFAULT_LANES, lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { httpTask } from '../../../handlers/http.ts'
import { type Local, startLocal } from '../../../worlds/local/index.ts'
import { localLog } from '../../../worlds/local/telemetry.ts'
import { serve } from '../../handlers/service.ts'

let folder: string
let local: Local
const ran: string[] = []
const runs = new EventTarget()
const record = (text: string) => {
  ran.push(text)
  runs.dispatchEvent(new Event('ran'))
}
/** Resolves when a handler has recorded the text. */
const recorded = async (text: string) => {
  while (!ran.includes(text)) await new Promise((resolve) => runs.addEventListener('ran', resolve, { once: true }))
}

const greet = defineTask('greet', {
  input: z.object({ name: z.string() }),
  onFailure: 'console',
  run: async ({ input, task }) => {
    if (input.name === 'nobody') throw nonRetriable('Nobody', 'there is nobody to greet')
    record(`${task.tenant} greets ${input.name}`)
    return `Hello, ${input.name}`
  },
})
const report = defineTask('console', { input: z.unknown(), run: async ({ task }) => record(`${task.tenant} reports`) })

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

test('a created task runs', async () => {
  expect((await post({ type: 'greet', input: { name: 'Ada' } }, { 'x-carillon-tenant': 'acme' })).status).toBe(201)
  await recorded('acme greets Ada')
})

test('a delayed task runs at its time and not before', async () => {
  const response = await post({ type: 'greet', input: { name: 'Later' }, delay: '250ms' })
  const { dueAt } = (await response.json()) as { dueAt: string }
  await recorded('default greets Later')
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(dueAt))
})

test('the failure task of a failed task runs', async () => {
  await post({ type: 'greet', input: { name: 'nobody' } })
  await recorded('default reports')
})

test('a failed task is reported to a webhook, without a handler', async () => {
  const hook = await serve((_, response) => response.end())
  await local.stop()
  local = await start([greet, report, httpTask({ allow: 'loopback' })])
  const onFailure = { type: 'http', input: { url: `${hook.url}/failed`, headers: { 'x-team': 'ops' } } }
  const created = await post({ type: 'greet', input: { name: 'nobody' }, onFailure })
  const { id } = (await created.json()) as { id: string }
  const { method, path, headers, body } = await hook.next()
  await hook.close()
  expect([method, path, headers['content-type'], headers['x-team']]).toEqual(['POST', '/failed', 'application/json', 'ops'])
  expect(JSON.parse(body)).toEqual({
    taskId: id,
    type: 'greet',
    attempts: 1,
    error: { code: 'Nobody', message: 'there is nobody to greet', retriable: false },
    input: { name: 'nobody' },
  })
})

test('an unreadable message on a lane becomes a quarantined row', async () => {
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

test('an open task continues after a restart', async () => {
  await post({ type: 'greet', input: { name: 'Tomorrow' }, delay: '300ms' })
  await local.stop()
  local = await start()
  await recorded('default greets Tomorrow')
})

test('a body over the limit is a 413, and the server continues', async () => {
  const response = await post('x'.repeat(LIMITS.requestBytes + 1))
  expect(response.status).toBe(413)
  expect((await response.json()) as object).toMatchObject({ code: 'tooLarge' })
  expect((await fetch(`${local.url}/v1/health`)).status).toBe(200)
})

test('a body is read as it was sent: another encoding than UTF-8 is refused and not repaired', async () => {
  const latin1 = Buffer.from('{"type":"greet","input":{"name":"Zoë"}}', 'latin1')
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${local.url}/v1/tasks`, { method: 'POST', headers, body: latin1 })
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { detail: 'the body is not UTF-8; JSON must be sent as UTF-8' },
  ])
  expect((await post('\ufeff{"type":"greet","input":{"name":"Ada"}}')).status).toBe(400)
})

test('a HEAD response has the status of GET and no body', async () => {
  const response = await fetch(`${local.url}/v1/tasks/nothing`, { method: 'HEAD' })
  expect(response.status).toBe(404)
  expect(await response.text()).toBe('')
})

test('the server continues when a client disconnects during its body', async () => {
  const { port } = new URL(local.url)
  const broken = request({ port, host: '127.0.0.1', path: '/v1/tasks', method: 'POST', headers: { 'content-length': 100 } })
  broken.on('error', () => {})
  await new Promise((resolve) => broken.write('{', resolve))
  broken.destroy()
  expect((await fetch(`${local.url}/v1/health`)).status).toBe(200)
})

test('a port in use is an error, and the folder is free again', async () => {
  const port = Number(new URL(local.url).port)
  const data = join(folder, 'other')
  const other = { types: [greet, report], data, log: localLog({ level: 'silent', pretty: false, write: () => {} }) }
  await expect(startLocal({ ...other, port })).rejects.toThrow(`port ${port} is in use`)
  const second = await startLocal({ ...other, port: 0 })
  await second.stop()
})

test('the server listens on loopback only', async () => {
  expect(new URL(local.url).hostname).toBe('localhost')
  const { port } = new URL(local.url)
  await expect(fetch(`http://127.0.0.2:${port}/v1/health`)).rejects.toThrow('fetch failed')
})

test('a task on a removed lane prevents neither the start nor other tasks', async () => {
  await local.stop()
  const extra = { ...DEFAULT_LANES, extra: lane('extra', 60_000) }
  local = await start([greet, report], extra)
  const { id } = (await (await post({ type: 'greet', input: { name: 'Eve' }, lane: 'extra', delay: '1m' })).json()) as {
    id: string
  }
  await local.stop()
  local = await start()
  await post({ type: 'greet', input: { name: 'Bob' } })
  await recorded('default greets Bob')
  const task = await local.world.store.get({ kind: 'task', tenant: 'default', id })
  expect(task).toMatchObject({ state: 'scheduled' })
})

test('a start warns about open tasks of unregistered types, with the types', async () => {
  await post({ type: 'greet', input: { name: 'Ada' }, delay: '1h' })
  await local.stop()
  const lines: string[] = []
  const log = localLog({ level: 'warn', pretty: false, write: (line) => lines.push(line) })
  local = await startLocal({ types: [report], port: 0, data: folder, log })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ message: 'local.unknownTypes', types: 'greet' }])
})

test('the limits of tenants are options of the start; an invalid one is an error', async () => {
  await local.stop()
  const log = localLog({ level: 'silent', pretty: false, write: () => {} })
  const options = { types: [greet, report], port: 0, data: folder, log }
  await expect(startLocal({ ...options, tenantLimit: { concurrency: 0 } })).rejects.toThrow('tenantLimit: /concurrency: 0')
  await expect(startLocal({ ...options, tenantFarTasks: 5 })).rejects.toThrow(
    'tenantFarTasks is 5; it must be a whole number from 100000',
  )
  local = await startLocal({ ...options, tenantLimit: { concurrency: 7 }, tenantFarTasks: 100_000 })
  expect(local.app.tenantFarTasks).toBe(100_000)
  const { items } = (await (await fetch(`${local.url}/v1/controls`)).json()) as { items: object[] }
  expect(items).toMatchObject([{ scope: 'tenant', concurrency: 7 }])
})
