import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openApi } from '../../api/endpoints.ts'
import { findRoute, handle } from '../../api/http/handle.ts'
import type { Caller, Request } from '../../api/http/request.ts'
import { routes } from '../../api/routes/index.ts'
import { ALICE, scene, TYPES } from './scene.ts'

/** No input causes a 5xx: invalid requests of every kind, from noise to almost valid, against one running world. */

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '\ud800', '\0'),
)
const duration = fc.constantFrom('0s', '1s', '5m', '3650d', '99999999d', '-1s', '1.5h', '')
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('0000-01-01T00:00:00Z', '9999-12-31T23:59:59+23:59', '2026-02-30T00:00:00Z', '2026-12-01T00:00:00Z'),
)
const json = fc.jsonValue({ noUnicodeString: false })
const orWrong = <T>(right: fc.Arbitrary<T>) => fc.oneof({ arbitrary: right, weight: 4 }, { arbitrary: json, weight: 1 })

const task = fc.record(
  {
    type: orWrong(fc.constantFrom(...TYPES.map(({ name }) => name))),
    input: fc.oneof(json, fc.record({ name: fc.string() }), fc.record({ month: fc.integer() })),
    notBefore: orWrong(time),
    delay: orWrong(duration),
    ready: orWrong(fc.boolean()),
    timeout: orWrong(duration),
    expiresAfter: orWrong(duration),
    retry: orWrong(
      fc.record(
        {
          policy: orWrong(fc.constantFrom('none', 'fixed', 'exponential')),
          wait: orWrong(duration),
          maxWait: orWrong(duration),
          attempts: orWrong(fc.double()),
        },
        { requiredKeys: ['policy'] },
      ),
    ),
    lane: orWrong(fc.constantFrom('high', 'low', 'long', 'constructor')),
    tags: orWrong(fc.array(text, { maxLength: 11 })),
    onFailure: orWrong(fc.constantFrom('notify', 'free')),
    gate: orWrong(
      fc.record(
        {
          key: orWrong(fc.oneof(text, fc.constantFrom('room', '__proto__', '..', ':'))),
          limit: orWrong(fc.integer({ min: 0, max: 101 })),
          rate: orWrong(fc.record({ count: orWrong(fc.nat(101)), per: orWrong(duration) })),
          onBusy: orWrong(fc.constantFrom('wait', 'skip', 'fail', 'replace')),
        },
        { requiredKeys: ['key'] },
      ),
    ),
    priority: orWrong(fc.constantFrom('high', 'normal', 'low')),
    unique: orWrong(
      fc.record(
        {
          by: orWrong(
            fc.array(orWrong(fc.constantFrom('type', 'input', '/name', '/a~1b/0', '/__proto__', '~')), { maxLength: 11 }),
          ),
          within: orWrong(duration),
          states: orWrong(fc.array(fc.constantFrom('scheduled', 'failed', 'done'), { maxLength: 3 })),
          onDuplicate: orWrong(fc.record({ replace: orWrong(fc.array(fc.constantFrom('input', 'notBefore', 'tags', 'lane'))) })),
        },
        { requiredKeys: [] },
      ),
    ),
    debounce: orWrong(
      fc.record(
        { key: orWrong(text), delay: orWrong(duration), maxDelay: orWrong(duration) },
        { requiredKeys: ['key', 'delay'] },
      ),
    ),
    unknown: json,
  },
  { requiredKeys: ['type', 'input'] },
)

/** A valid task with one more field, which may be invalid. */
const nearlyRight = fc
  .tuple(json, task, fc.nat(14))
  .map(([input, more, pick]) => ({ type: 'free', input, ...Object.fromEntries(Object.entries(more).slice(pick, pick + 1)) }))

const bodies = fc.oneof(
  nearlyRight.map((it) => JSON.stringify(it)),
  task.map((it) => JSON.stringify(it)),
  fc.array(fc.oneof(nearlyRight, orWrong(task)), { maxLength: 5 }).map((tasks) => JSON.stringify({ tasks })),
  fc.record({ notBefore: orWrong(time), reason: text }, { requiredKeys: [] }).map((it) => JSON.stringify(it)),
  fc.record({ concurrency: orWrong(fc.nat(101)), reason: text }, { requiredKeys: [] }).map((it) => JSON.stringify(it)),
  fc.json(),
  text,
  fc.constantFrom('{"type":"free","input":1e999}', '{"__proto__":null}', '[[[[[[', '"', '\ufeff{}'),
)

const PLACES = ['tenant', 'type.free', 'lane.low', 'type.__proto__', 'lane.constructor', 'key.room', 'key.__proto__', 'key...']

const asksOf = (ids: readonly string[]) => {
  const id = fc.oneof({ arbitrary: fc.constantFrom(...ids), weight: 5 }, { arbitrary: text, weight: 1 })
  const known = fc.tuple(fc.constantFrom(...routes), id, fc.constantFrom(...PLACES)).map(([{ method, path }, named, place]) => ({
    method: method as string,
    path: path.replace('{id}', () => named).replace(/{(scope|gate)}/, () => place),
  }))
  const method = fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE'), text)
  const odd = fc.record({ method, path: fc.oneof(fc.constantFrom(...routes.map(({ path }) => path as string)), text) })
  const query = fc.dictionary(
    fc.oneof(fc.constantFrom('state', 'type', 'tag', 'from', 'to', 'limit', 'cursor'), text),
    fc.oneof(
      text,
      time,
      fc.nat(120).map(String),
      fc.constantFrom('failed', 'scheduled', 'free'),
      fc.array(text, { maxLength: 3 }),
    ),
    { maxKeys: 3 },
  )
  const headers = fc.record(
    {
      'content-type': fc.oneof({ arbitrary: fc.constant('application/json'), weight: 9 }, { arbitrary: text, weight: 1 }),
      'idempotency-key': fc.oneof(fc.constantFrom('a', 'b'), text),
    },
    { requiredKeys: [] },
  )
  const plain = fc.constant<Request['query']>({})
  const any = fc.tuple(
    fc.oneof({ arbitrary: known, weight: 9 }, { arbitrary: odd, weight: 1 }),
    fc.oneof({ arbitrary: plain, weight: 3 }, { arbitrary: query, weight: 1 }),
    headers,
    fc.option(bodies, { nil: undefined }),
    fc.oneof(
      { arbitrary: fc.constant(ALICE), weight: 9 },
      { arbitrary: text.map((tenant): Caller => ({ ...ALICE, tenant })), weight: 1 },
    ),
  )
  // Creations are frequent enough that every run has some that succeed.
  const creation = fc.tuple(
    fc.constant({ method: 'POST', path: '/v1/tasks' }),
    plain,
    fc.constant({ 'content-type': 'application/json' }),
    nearlyRight.map((it): string | undefined => JSON.stringify(it)),
    fc.constant(ALICE),
  )
  return fc.oneof({ arbitrary: any, weight: 19 }, { arbitrary: creation, weight: 1 })
}

type Documented = Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>

/** The statuses that the OpenAPI document has for a request; those of no route are the router's. */
const documented = ({ method, path }: Pick<Request, 'method' | 'path'>): readonly number[] => {
  const found = findRoute(method, path)
  if (found.found !== 'route') return [204, 404, 405]
  const { path: template, method: verb } = found.route
  return Object.keys((openApi().paths as Documented)[template]?.[verb.toLowerCase()]?.responses ?? {}).map(Number)
}

test('no input causes a 5xx, and every answer has its schema and a documented status', async () => {
  const { world, app, create } = scene()
  const ids = await Promise.all(
    Array.from({ length: 5 }, async () => (await create({ type: 'free', input: 1, delay: '1h' })).body.id),
  )
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(asksOf(ids), async ([at, query, headers, body, caller]) => {
      const request: Request = { ...at, query, headers, ...(body === undefined ? {} : { body }) }
      const response = await handle(world, app, caller, request)
      seen.add(response.status)
      expect(documented(at), `${at.method} ${at.path}`).toContain(response.status)
      expect(response.status, response.body).toBeLessThan(500)
      expect(response.headers['cache-control']).toBe('no-store')
      if (at.method === 'HEAD' || response.status === 204) expect(response.body).toBeUndefined()
      else if (response.status < 300) JSON.parse(response.body ?? '')
      else {
        const problem = JSON.parse(response.body ?? '')
        expect(problem).toMatchObject({
          status: response.status,
          type: `urn:carillon:problem:${problem.code}`,
          instance: at.path,
        })
        expect(problem.detail).toBeTypeOf('string')
        expect(response.headers['content-type']).toBe('application/problem+json')
      }
    }),
    { numRuns: 3_000 },
  )
  expect(world.lines.filter(({ message }) => message.startsWith('api.'))).toEqual([])
  // The run covered the intended cases; otherwise a generator of only invalid requests would prove nothing.
  expect([...seen]).toEqual(expect.arrayContaining([200, 201, 204, 400, 403, 404, 405, 409, 415]))
})
