import type * as z from 'zod'
import { handle } from '../api/http/handle.ts'
import { type Caller, queryOf } from '../api/http/request.ts'
import type { Problem } from '../api/schemas/problem.ts'
import type { taskQuery } from '../api/schemas/queries.ts'
import type { Task } from '../api/schemas/task.ts'
import type { taskPage } from '../api/schemas/task-commands.ts'
import type { TaskType } from '../core/define.ts'
import type { createTaskRequest } from '../core/reading/task-request.ts'
import type { App } from '../engine/app.ts'
import type { World } from '../engine/world.ts'

/** A response of the API; `body` is the parsed JSON. */
export type ApiResponse = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }

/** The fields of `POST /v1/tasks` besides type and input, and the idempotency key of its header. */
export type CreateOptions = Omit<z.input<typeof createTaskRequest>, 'type' | 'input'> & { readonly idempotencyKey?: string }

/** A command for a task: the last part of the request's path. */
export type Command = 'ready' | 'hold' | 'reschedule' | 'cancel' | 'redrive' | 'resume'

/** A client of the API for one tenant. A refusal is thrown with the text of its problem document; only `request` returns it. */
export type TenantClient = {
  /**
   * Creates a task; returns its id. Nothing runs before `advance`, `drain` or an expectation lets time pass.
   *
   * @example const id = await world.create(greet, { name: 'Ada' }, { delay: '1h', tags: ['morning'] })
   */
  readonly create: <Schema extends z.ZodType>(
    type: TaskType<Schema> | string,
    input: z.input<Schema>,
    options?: CreateOptions,
  ) => Promise<string>
  /** Returns the task as `GET /v1/tasks/{id}` shows it. */
  readonly get: (id: string) => Promise<Task>
  /** Returns all tasks that match the filter, latest time first. */
  readonly tasks: (
    filter?: Pick<z.input<typeof taskQuery>, 'state' | 'type' | 'tag' | 'from' | 'to' | 'errorCode'>,
  ) => Promise<readonly Task[]>
  /** Sends a command to a task and returns the task. @example await world.command(id, 'reschedule', { notBefore: '2026-01-06T09:00:00Z' }) */
  readonly command: (id: string, command: Command, body?: object) => Promise<Task>
  /** Sends any request to the API. @example await world.request('GET', '/v1/tasks?state=failed') */
  readonly request: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<ApiResponse>
}

/** Makes a client for a tenant. */
export const tenantClient = (world: World, app: App, tenant: string): TenantClient => {
  const caller: Caller = { tenant, scopes: ['carillon/admin'], by: 'user:test' }

  const request: TenantClient['request'] = async (method, path, body, headers = {}) => {
    const [route = path, ...search] = path.split('?')
    const fields = { method, path: route, query: queryOf(search.join('?')), headers: lowerCased(headers) }
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const { body: text, ...rest } = await handle(world, app, caller, { ...fields, ...json })
    return { ...rest, body: text === undefined ? undefined : JSON.parse(text) }
  }

  const accepted = async (...call: Parameters<TenantClient['request']>): Promise<unknown> => {
    const { status, body } = await request(...call)
    if (status < 300) return body
    const { code, detail } = body as Problem
    throw new Error(`${call[0]} ${call[1]} as tenant ${tenant}: ${status} ${code}: ${detail}`)
  }

  const get = async (id: string): Promise<Task> => (await accepted('GET', `/v1/tasks/${id}`)) as Task

  return {
    request,
    get,
    create: async (type, input, { idempotencyKey, ...options } = {}) => {
      const body = { ...options, type: typeof type === 'string' ? type : type.name, input }
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
      return ((await accepted('POST', '/v1/tasks', body, headers)) as Task).id
    },
    command: async (id, command, body = {}) => (await accepted('POST', `/v1/tasks/${id}/${command}`, body)) as Task,
    tasks: async (filter = {}) => {
      const found: Task[] = []
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const query = new URLSearchParams(Object.entries({ ...filter, cursor, limit: '100' }).filter(isGiven))
        const page = (await accepted('GET', `/v1/tasks?${query}`)) as z.output<typeof taskPage>
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
