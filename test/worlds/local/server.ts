import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The real server in a process of its own. */
export type Server = {
  readonly url: string
  readonly process: ChildProcess
  /** Sends the signal and waits for the end; answers the exit code, null when the signal was the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
}

/** A start that did not come about. */
export type NoServer = { readonly code: number | null; readonly said: string }

/** Starts the server on a folder and, unless the environment says otherwise, any free port; waits until it listens or gives up. */
export const startServer = async (data: string, env: NodeJS.ProcessEnv = {}): Promise<Server | NoServer> => {
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
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
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
  return { code: (await exit)[0], said }
}

/** A start that has to come about. */
export const mustStart = async (data: string, env: NodeJS.ProcessEnv = {}): Promise<Server> => {
  const server = await startServer(data, env)
  if ('code' in server) throw new Error(`the server did not start: ${server.said}`)
  return server
}
