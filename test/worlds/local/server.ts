import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The real server in its own process. */
export type Server = {
  readonly url: string
  readonly process: ChildProcess
  /** Sends the signal and waits for the exit; returns the exit code, or null when the signal killed the process. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
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
