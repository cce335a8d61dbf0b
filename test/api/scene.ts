import { z } from 'zod'
import { handle } from '../../api/http/handle.ts'
import { type Caller, queryOf, type Response } from '../../api/http/request.ts'
import { defineTask, type TaskType } from '../../core/define.ts'
import type { App } from '../../engine/app.ts'
import { appOf, type EngineWorld, engineWorld } from '../engine/world.ts'

/** A response with its parsed body. */
export type ApiResponse = {
  readonly status: number
  readonly headers: Response['headers']
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape; a wrong access fails the test
  readonly body: any
}

export type RequestOptions = {
  readonly body?: unknown
  readonly text?: string
  /** A body that is not UTF-8. */
  readonly bytes?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly caller?: Caller
}

export const ALICE: Caller = { tenant: 'acme', scopes: ['carillon/write'], by: 'user:alice' }
export const MALLORY: Caller = { tenant: 'umbrella', scopes: ['carillon/write'], by: 'user:mallory' }

const run = async () => 'done'

export const TYPES: readonly TaskType[] = [
  defineTask('greet', { description: 'Says hello.', input: z.object({ name: z.string() }), run }),
  defineTask('free', { input: z.unknown(), run }),
  defineTask('report', {
    input: z.strictObject({ month: z.int().min(1).max(12) }),
    timeout: '20s',
    retry: { policy: 'fixed', wait: '1m', attempts: 5 },
    lane: 'low',
    onFailure: 'notify',
    events: 'all',
    version: 3,
    run,
  }),
  defineTask('notify', { input: z.unknown(), lane: 'high', run }),
  defineTask('slow', { input: z.unknown(), timeout: '10m', lane: 'long', run }),
  defineTask('slow-reader', { input: z.string().refine(async () => true), run }),
  defineTask('touchy', { input: z.string().transform((text) => new URL(text)), run }),
]

/** The API on a world that the test drives; `request` takes a method and a path with its query. */
export const scene = (world: EngineWorld = engineWorld(), types = TYPES, more: Partial<App> = {}) => {
  const app = { ...appOf(...types), ...more }
  const request = async (method: string, address: string, options: RequestOptions = {}): Promise<ApiResponse> => {
    const [path = '', search = ''] = address.split('?')
    const text = options.bytes ?? options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
    const response = await handle(world, app, options.caller ?? ALICE, {
      method,
      path,
      query: queryOf(search),
      headers: options.headers ?? {},
      ...(text === undefined ? {} : { body: text }),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: response.body === undefined ? undefined : JSON.parse(response.body),
    }
  }
  const create = async (body: object, options: RequestOptions = {}): Promise<ApiResponse> => {
    const created = await request('POST', '/v1/tasks', { ...options, body })
    if (created.status > 201) throw new Error(JSON.stringify(created.body))
    return created
  }
  return { world, app, request, create }
}
