import { request } from 'node:https'

/** A response of the API. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Readonly<Record<string, unknown>>
}

/** The fields of a task that the cases read. */
export type TaskView = {
  readonly id: string
  readonly state: string
  readonly type: string
  readonly attempt: number
  readonly notBefore: string
  readonly startedAt?: string
  readonly output?: unknown
  readonly input?: unknown
  readonly error?: { readonly code: string; readonly message: string }
  readonly history: readonly { readonly reason?: string }[]
  readonly blocked?: { readonly gate: string }
  readonly progress?: { readonly text?: string }
  readonly failureTask?: string
  readonly failureOf?: string
}

/** A caller of the API. */
export type Api = (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>

/**
 * Calls the API with a token. The emulator has no DNS and serves the host names of AWS under `localhost`: the Host header selects
 * the API, on a connection to the port of the emulator.
 */
export const apiOf =
  (port: number, apiUrl: string, token?: string): Api =>
  (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const all = {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
        ...headers,
        host: `${new URL(apiUrl).host.split('.')[0]}.execute-api.localhost`,
      }
      const call = request({ host: '127.0.0.1', port, servername: 'localhost', method, path, headers: all }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const answered = Buffer.concat(parts).toString()
          try {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: answered ? (JSON.parse(answered) as Answer['body']) : {},
            })
          } catch {
            reject(new Error(`${method} ${path} answered ${response.statusCode} with a body that is not JSON: ${answered}`))
          }
        })
      })
      call.on('error', reject)
      call.end(text)
    })
