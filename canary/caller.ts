import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { AwsClient } from 'aws4fetch'

/** A response of the API. */
export type Answer = { readonly status: number; readonly body: unknown }

/** Calls the deployed API as one caller. */
export type Call = (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>

/** The time of this machine; virtual in tests. */
export type Time = { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> }

/** The fields of a task that the canary reads. */
export type Seen = {
  readonly id: string
  readonly state: string
  readonly attempt: number
  readonly notBefore: string
  readonly createdAt: string
  readonly finishedAt?: string
  readonly failureTask?: string
  readonly output?: unknown
  readonly history: readonly { readonly at: string; readonly state: string; readonly command: string }[]
}

/** The client of one run: every task has the tag of the run, and is cancelled at the end. */
export type Client = {
  readonly call: Call
  readonly time: Time
  readonly create: (type: string, more?: object, input?: object) => Promise<Seen>
  readonly get: (id: string) => Promise<Seen>
  /** Waits until the task is in one of these states; polls, because an API gives no signal. */
  readonly until: (id: string, states: readonly string[], withinMs: number) => Promise<Seen>
}

const POLL_MS = 1_000
export const FINAL = ['succeeded', 'failed', 'cancelled', 'expired', 'skipped', 'conflicted'] as const

export const clientOf = (call: Call, time: Time, tag: string): Client => {
  const get: Client['get'] = async (id) => (await ok(call('GET', `/v1/tasks/${id}`), `GET of task ${id}`)) as Seen
  return {
    call,
    time,
    get,
    create: async (type, more = {}, input = {}) =>
      (await ok(call('POST', '/v1/tasks', { type, input, tags: [tag], ...more }), `POST of a ${type}`)) as Seen,
    until: async (id, states, withinMs) => {
      const deadline = time.now() + withinMs
      for (;;) {
        const task = await get(id)
        if (states.includes(task.state)) return task
        if (time.now() > deadline)
          throw new Error(`task ${id} is ${task.state} after ${withinMs} ms; it should be ${states.join(' or ')}`)
        await time.sleep(POLL_MS)
      }
    },
  }
}

/** The body of a successful answer. @throws Error with status and body of any other one */
export const ok = async (asked: Promise<Answer>, what: string): Promise<unknown> => {
  const { status, body } = await asked
  if (status >= 200 && status < 300) return body
  throw new Error(`${what} answered ${status}: ${JSON.stringify(body)}`)
}

/** Calls the API over HTTP. `token` is the bearer token; `sign` adds other headers, such as an AWS signature. */
export const httpCall =
  (api: string, headersOf: (request: HttpRequest) => Promise<Readonly<Record<string, string>>>): Call =>
  async (method, path, body, headers = {}) => {
    const url = new URL(path, api)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const all = { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers }
    const own = await headersOf({ method, url, text, headers: all })
    const response = await fetch(url, { method, headers: { ...all, ...own }, ...(text === undefined ? {} : { body: text }) })
    const answered = await response.text()
    return { status: response.status, body: answered === '' ? undefined : JSON.parse(answered) }
  }

/** A request before it has the headers of its caller. */
export type HttpRequest = {
  readonly method: string
  readonly url: URL
  readonly text: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** The headers of a caller with a token. */
export const bearer = (token: string | undefined) => async (): Promise<Readonly<Record<string, string>>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/** Signs requests with the AWS credentials of the environment (Signature Version 4), for an API with IAM authorization. */
export const signed = (region: string) => {
  const credentials = defaultProvider()
  return async ({ method, url, text, headers }: HttpRequest): Promise<Readonly<Record<string, string>>> => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials()
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
    const client = new AwsClient({ ...keys, service: 'execute-api', region })
    const request = await client.sign(url.href, {
      method,
      headers: { ...headers },
      ...(text === undefined ? {} : { body: text }),
    })
    return Object.fromEntries([...request.headers].filter(([name]) => name !== 'host'))
  }
}
