import { z } from 'zod'
import { handle } from '../../api/http/handle.ts'
import { type Caller, queryOf, type Response } from '../../api/http/request.ts'
import { defineTask, type TaskType } from '../../core/define.ts'
import type { App } from '../../engine/app.ts'
import { appOf, type EngineWorld, engineWorld } from '../engine/world.ts'

/** A response with its parsed body. */
export type Answered = {
  readonly status: number
  readonly headers: Response['headers']
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape; a wrong access fails the test
  readonly body: any
}

export type Asking = {
  readonly body?: unknown
  readonly text?: string
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
    onFailure: 'tell',
    events: 'all',
    version: 3,
    run,
  }),
  defineTask('tell', { input: z.unknown(), lane: 'high', run }),
  defineTask('slow', { input: z.unknown(), timeout: '10m', lane: 'long', run }),
  defineTask('slow-reader', { input: z.string().refine(async () => true), run }),
  defineTask('touchy', { input: z.string().transform((text) => new URL(text)), run }),
]

/** The API on a world that the test drives; `ask` takes a method and a path with its query. */
export const scene = (world: EngineWorld = engineWorld(), types = TYPES, more: Partial<App> = {}) => {
  const app = { ...appOf(...types), ...more }
  const ask = async (method: string, address: string, asking: Asking = {}): Promise<Answered> => {
    const [path = '', search = ''] = address.split('?')
    const text = asking.text ?? (asking.body === undefined ? undefined : JSON.stringify(asking.body))
    const response = await handle(world, app, asking.caller ?? ALICE, {
      method,
      path,
      query: queryOf(search),
      headers: asking.headers ?? {},
      ...(text === undefined ? {} : { body: text }),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: response.body === undefined ? undefined : JSON.parse(response.body),
    }
  }
  const create = async (body: object, asking: Asking = {}): Promise<Answered> => {
    const made = await ask('POST', '/v1/tasks', { ...asking, body })
    if (made.status > 201) throw new Error(JSON.stringify(made.body))
    return made
  }
  return { world, app, ask, create }
}
