import type * as z from 'zod'
import { handle } from '../api/http/handle.ts'
import { type Caller, queryOf } from '../api/http/request.ts'
import type { Problem } from '../api/schemas/problem.ts'
import type { taskQuery } from '../api/schemas/queries.ts'
import type { Task } from '../api/schemas/task.ts'
import type { taskPage } from '../api/schemas/task-results.ts'
import type { TaskType } from '../core/define.ts'
import type { createTaskRequest } from '../core/reading/task-request.ts'
import type { App } from '../engine/app.ts'
import type { World } from '../engine/world.ts'

/** What the API answered; `body` is the JSON, read. */
export type Asked = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }

/** What `POST /v1/tasks` takes besides type and input, and the header that makes it once. */
export type CreateOptions = Omit<z.input<typeof createTaskRequest>, 'type' | 'input'> & { readonly idempotencyKey?: string }

/** What can be done to a task: the last part of the call's path. */
export type Command = 'ready' | 'hold' | 'reschedule' | 'cancel' | 'redrive' | 'resume'

/** The API, as one tenant sees it. What is refused is thrown, with the problem's own words; only `ask` answers it. */
export type Doors = {
  /**
   * Creates a task; answers its id. Nothing runs before time is told to pass.
   *
   * @example const id = await world.create(greet, { name: 'Ada' }, { delay: '1h', tags: ['morning'] })
   */
  readonly create: <Schema extends z.ZodType>(
    type: TaskType<Schema> | string,
    input: z.input<Schema>,
    options?: CreateOptions,
  ) => Promise<string>
  /** The task as `GET /v1/tasks/{id}` shows it. */
  readonly get: (id: string) => Promise<Task>
  /** All tasks that fit, latest time first. */
  readonly tasks: (
    filter?: Pick<z.input<typeof taskQuery>, 'state' | 'type' | 'tag' | 'from' | 'to' | 'errorCode'>,
  ) => Promise<readonly Task[]>
  /** Says something to a task. @example await world.tell(id, 'reschedule', { notBefore: '2026-01-06T09:00:00Z' }) */
  readonly tell: (id: string, command: Command, body?: object) => Promise<Task>
  /** Any call of the API. @example await world.ask('GET', '/v1/tasks?state=failed') */
  readonly ask: (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Asked>
}

/** Opens the doors of a tenant. */
export const doorsOf = (world: World, app: App, tenant: string): Doors => {
  const caller: Caller = { tenant, scopes: ['carillon/admin'], by: 'user:test' }

  const ask: Doors['ask'] = async (method, path, body, headers = {}) => {
    const [route = path, ...search] = path.split('?')
    const request = { method, path: route, query: queryOf(search.join('?')), headers: lowerCased(headers) }
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const { body: text, ...rest } = await handle(world, app, caller, { ...request, ...json })
    return { ...rest, body: text === undefined ? undefined : JSON.parse(text) }
  }

  const agreed = async (...call: Parameters<Doors['ask']>): Promise<unknown> => {
    const { status, body } = await ask(...call)
    if (status < 300) return body
    const { code, detail } = body as Problem
    throw new Error(`${call[0]} ${call[1]} as tenant ${tenant}: ${status} ${code}: ${detail}`)
  }

  const get = async (id: string): Promise<Task> => (await agreed('GET', `/v1/tasks/${id}`)) as Task

  return {
    ask,
    get,
    create: async (type, input, { idempotencyKey, ...options } = {}) => {
      const body = { ...options, type: typeof type === 'string' ? type : type.name, input }
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
      return ((await agreed('POST', '/v1/tasks', body, headers)) as Task).id
    },
    tell: async (id, command, body = {}) => (await agreed('POST', `/v1/tasks/${id}/${command}`, body)) as Task,
    tasks: async (filter = {}) => {
      const found: Task[] = []
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const query = new URLSearchParams(Object.entries({ ...filter, cursor, limit: '100' }).filter(isGiven))
        const page = (await agreed('GET', `/v1/tasks?${query}`)) as z.output<typeof taskPage>
        found.push(...page.items)
        cursor = page.nextCursor
      }
      return found
    },
  }
}

const isGiven = (parameter: [string, string | undefined]): parameter is [string, string] => Boolean(parameter[1])

const lowerCased = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
