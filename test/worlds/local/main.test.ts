import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FailedStart, mustStart, type Server, startServer } from './server.ts'

let folder: string
let servers: Server[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-main-'))
  servers = []
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.end('SIGTERM')))
  rmSync(folder, { recursive: true })
})

describe('a failed start prints the reason and the remedy for', () => {
  const refused = async (env: NodeJS.ProcessEnv): Promise<FailedStart> => {
    const server = await startServer(folder, env)
    if ('code' in server) return server
    servers.push(server)
    throw new Error('the server started')
  }
  const module = (code: string): string => {
    const file = join(folder, 'tasks.ts')
    writeFileSync(file, code)
    return file
  }

  test('an invalid port', async () => {
    const stderr = 'Carillon cannot start: PORT is "abc"; it must be a whole number from 0 to 65535\n'
    expect(await refused({ PORT: 'abc' })).toEqual({ code: 1, stderr })
  })
  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const stderr = `Carillon cannot start: port ${port} is in use by another process; set PORT to another port, or to 0 for any free one\n`
    try {
      expect(await refused({ PORT: String(port) })).toEqual({ code: 1, stderr })
    } finally {
      other.close()
    }
  })
  test('a missing module', async () => {
    const CARILLON_HANDLERS = join(folder, 'none.ts')
    const stderr = expect.stringMatching(/CARILLON_HANDLERS is \S+none\.ts, which does not exist; .*exports `types`/)
    expect(await refused({ CARILLON_HANDLERS })).toEqual({ code: 1, stderr })
  })
  test('a module without task types', async () => {
    const stderr = expect.stringMatching(/CARILLON_HANDLERS is \S+tasks\.ts, which exports no array `types`; .*defineTask/)
    expect(await refused({ CARILLON_HANDLERS: module('export const type = 1') })).toEqual({ code: 1, stderr })
  })
  test('a module that throws, with the stack', async () => {
    const stderr = expect.stringMatching(/tasks\.ts, which cannot be imported: Error: broken\n.*tasks\.ts:1:/)
    expect(await refused({ CARILLON_HANDLERS: module("throw new Error('broken')") })).toEqual({ code: 1, stderr })
  })
  test('an unknown CARILLON_HTTP_ALLOW', async () => {
    const stderr = 'Carillon cannot start: CARILLON_HTTP_ALLOW is "all"; it must be one of public, loopback, any\n'
    expect(await refused({ CARILLON_HTTP_ALLOW: 'all', CARILLON_HANDLERS: '' })).toEqual({ code: 1, stderr })
  })
})

test.each([
  ['the built-in task types', ''],
  ['a module of its own that calls builtIn()', 'test/worlds/local/own.ts'],
])('HTTP tasks may call this machine with %s', async (_, CARILLON_HANDLERS) => {
  const server = await mustStart(folder, { CARILLON_HANDLERS, CARILLON_HTTP_ALLOW: '' })
  servers.push(server)
  const created = await fetch(`${server.url}/v1/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'http', input: { url: `${server.url}/v1/health` }, retry: { policy: 'none' } }),
  })
  const { id } = (await created.json()) as { id: string }
  expect(await finished(server, id)).toMatchObject({ state: 'succeeded', output: { status: 200 } })
})

const finished = async ({ url }: Server, id: string): Promise<unknown> => {
  for (;;) {
    const task = (await (await fetch(`${url}/v1/tasks/${id}`)).json()) as { state: string }
    if (task.state === 'succeeded' || task.state === 'failed') return task
    await pause(20)
  }
}
