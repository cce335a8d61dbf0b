import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach } from 'vitest'

/** The real server in its own process. */
export type Server = {
  readonly url: string
  readonly process: ChildProcess
  /** Sends the signal and waits for the exit; returns the exit code, or null when the signal killed the process. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
}

/** A folder and the servers that a test starts on it. */
export type ServerScene = { readonly folder: () => string; readonly start: () => Promise<Server> }

/** Gives each test a folder of its own; after it, its servers are killed and the folder is removed. */
export const serverScene = (prefix: string): ServerScene => {
  let folder = ''
  let servers: Server[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), prefix))
    servers = []
  })
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.process.exitCode ?? server.process.signalCode ?? server.end('SIGKILL')))
    rmSync(folder, { recursive: true })
  })
  const start = async (): Promise<Server> => {
    const server = await mustStart(folder)
    servers.push(server)
    return server
  }
  return { folder: () => folder, start }
}

/** A failed start. */
export type FailedStart = { readonly code: number | null; readonly stderr: string }

/** Starts the server on a folder and, unless `env` has a port, on any free one. Waits until it listens or exits. */
export const startServer = async (data: string, env: NodeJS.ProcessEnv = {}): Promise<Server | FailedStart> => {
  const child = spawn(process.execPath, ['worlds/local/main.ts'], {
    env: {
      ...process.env,
      PORT: '0',
      CARILLON_DATA: data,
      CARILLON_LOG: 'error',
      CARILLON_HANDLERS: 'test/worlds/local/marks.ts',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const exit = once(child, 'exit') as Promise<[number | null]>
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    return (await exit)[0]
  }
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/localhost:\d+/.exec(line)?.[0]
    if (url) {
      child.stdout.resume()
      return { url, process: child, end }
    }
  }
  return { code: (await exit)[0], stderr }
}

/** Starts the server; throws when the start fails. */
export const mustStart = async (data: string, env: NodeJS.ProcessEnv = {}): Promise<Server> => {
  const server = await startServer(data, env)
  if ('code' in server) throw new Error(`the server did not start: ${server.stderr}`)
  return server
}
