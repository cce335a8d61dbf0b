import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { routes } from '../../api/routes/index.ts'
import { scene } from './scene.ts'

type Doc = { readonly [name: string]: Doc }

const document = async (): Promise<Doc> => (await scene().request('GET', '/v1/openapi.json')).body

/** The values of all fields of this name, at any depth. */
const everywhere = (doc: unknown, name: string): readonly unknown[] =>
  typeof doc === 'object' && doc !== null
    ? Object.entries(doc).flatMap(([field, value]) => [...(field === name ? [value] : []), ...everywhere(value, name)])
    : []

describe('the OpenAPI document', () => {
  test('is OpenAPI 3.1 and has exactly the routes of the API', async () => {
    const doc = await document()
    expect(doc.openapi).toBe('3.1.1')
    const described = Object.entries(doc.paths ?? {}).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId, summary }]) => ({
        path,
        method: method.toUpperCase(),
        operationId,
        summary,
      })),
    )
    const expected = routes.map(({ path, method, operationId, summary }) => ({ path, method, operationId, summary }))
    expect(described).toHaveLength(expected.length)
    expect(described).toEqual(expect.arrayContaining(expected))
  })

  test('has no dangling references', async () => {
    const doc = await document()
    const refs = new Set(everywhere(doc, '$ref'))
    expect(refs.size).toBeGreaterThan(8)
    for (const ref of refs) {
      const found = String(ref)
        .slice(2)
        .split('/')
        .reduce<unknown>((at, part) => (at as Doc | undefined)?.[part], doc)
      expect(found, String(ref)).toBeTypeOf('object')
    }
  })

  test('names each status, so that a program can tell an undocumented one', async () => {
    const { paths = {} } = await document()
    const statuses = (path: string, method: string) => Object.keys(paths[path]?.[method]?.responses ?? {}).map(Number)
    expect(everywhere(paths, 'default').filter((it) => typeof it === 'object' && it !== null && 'description' in it)).toEqual([])
    expect(statuses('/v1/tasks', 'post')).toEqual([200, 201, 400, 401, 403, 409, 413, 415, 429, 500, 503])
    // 405: the path of the task `batch` would be that of another route.
    expect(statuses('/v1/tasks/{id}', 'get')).toEqual([200, 400, 401, 403, 404, 405, 429, 500, 503])
    expect(statuses('/v1/operations/{id}', 'get')).toEqual([200, 400, 401, 403, 404, 429, 500, 503])
    expect(statuses('/v1/health', 'get')).toEqual([200, 400, 401, 403, 429, 500, 503])
  })

  test('links each created thing to its routes', async () => {
    const { paths = {} } = await document()
    const links = (path: string, status: string) => Object.keys(paths[path]?.post?.responses?.[status]?.links ?? {})
    expect(links('/v1/tasks', '201')).toContain('cancelTask')
    expect(links('/v1/tasks', '200')).toContain('getTask')
    expect(links('/v1/operations', '202')).toEqual(['getOperation', 'listResults', 'abortOperation'])
  })

  test('has patterns that the regular expressions of other languages know', async () => {
    for (const pattern of everywhere(await document(), 'pattern')) expect(pattern).not.toMatch(/\\p\{|\(\?<|\(\?i/i)
  })

  test('has each path parameter and marks required bodies', async () => {
    const { paths = {} } = await document()
    for (const [path, item] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const named = (operation.parameters as unknown as { in: string; name: string }[]).filter(
          (parameter) => parameter.in === 'path',
        )
        expect(
          named.map(({ name }) => name),
          path,
        ).toEqual([...path.matchAll(/{(\w+)}/g)].map(([, name]) => name))
        expect(operation.requestBody !== undefined, `${method} ${path}`).toBe(['post', 'put', 'patch'].includes(method))
      }
    }
    const required = (path: string) => paths[path]?.post?.requestBody?.required
    expect(required('/v1/tasks')).toBe(true)
    expect(required('/v1/tasks/{id}/reschedule')).toBe(true)
    expect(required('/v1/tasks/{id}/cancel')).toBe(false)
  })

  test('has schemas that accept a real task and enforce the real bounds', async () => {
    const { request, create } = scene()
    const { components } = await document()
    const schemas = components?.schemas as unknown as Readonly<Record<string, z.core.JSONSchema.JSONSchema>>
    const of = (name: string) => z.fromJSONSchema({ ...schemas[name], $defs: {} } as Parameters<typeof z.fromJSONSchema>[0])
    const made = await create({ type: 'report', input: { month: 1 }, tags: ['a'] })
    expect(of('Task').parse(made.body)).toMatchObject({ id: made.body.id })
    expect(of('Problem').parse((await request('GET', '/v1/tasks/none')).body)).toMatchObject({ code: 'unknown' })
    expect(of('CreateTask').safeParse({ type: 'a', input: 1, nope: 1 }).success).toBe(false)
    expect(of('CreateTask').safeParse({ type: 'a', input: 1, delay: '5m' }).success).toBe(true)
    expect(of('CreateTask').safeParse({ type: 'a', input: 1, delay: 'five' }).success).toBe(false)
  })
})
