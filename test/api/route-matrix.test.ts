import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endpoints } from '../../api/endpoints.ts'
import { handle } from '../../api/http/handle.ts'
import { type Caller, queryOf, type Response, type Scope } from '../../api/http/request.ts'
import { routes } from '../../api/routes/index.ts'
import type { World } from '../../engine/world.ts'
import { gateHarness } from '../engine/gate/gate-harness.ts'
import { ENTRIES, type Kind, SERIES, TASK } from './route-entries.ts'

/**
 * Every route, generated from `routes`: × scopes × own, foreign and unknown ids. Two tenants use the same deployment with the same
 * names. No answer to one tenant depends on the other, or contains anything of it.
 */

const OWN = 'acme'
const FOREIGN = 'umbrella'
/** In each text of the foreign tenant. No answer to the own tenant may contain it. */
const SECRET = 'mallory'

const callerOf = (tenant: string, scopes: readonly Scope[] = ['carillon/admin']): Caller => ({
  tenant,
  scopes,
  by: `user:${tenant === FOREIGN ? SECRET : 'alice'}`,
})

type Ids = Readonly<Record<Exclude<Kind, 'none'>, string>>
type Filled = { readonly ids: Ids; readonly tasks: readonly string[] }

let harness: Awaited<ReturnType<typeof gateHarness>>
let own: Filled
let foreign: Filled

const send = (
  caller: Caller,
  method: string,
  address: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Response> => {
  const [path = '', search = ''] = address.split('?')
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return handle(harness.world as World, harness.app, caller, { method, path, query: queryOf(search), headers, ...text })
}
const json = async (answer: Promise<Response>) => JSON.parse((await answer).body ?? '{}')

/** Fills a tenant with one thing of each kind, and more than one page of each list. */
const fill = async (tenant: string): Promise<Filled> => {
  const mark = tenant === FOREIGN ? SECRET : 'alice'
  const caller = callerOf(tenant)
  const create = async (name: string, more: object = {}): Promise<string> =>
    (
      await json(
        send(caller, 'POST', '/v1/tasks', {
          type: 'work',
          input: { name: `${mark}-${name}`, seconds: 3_000 },
          tags: [mark],
          ...more,
        }),
      )
    ).id
  const gate = { key: 'room', limit: 1 }
  const tasks = [await create('holder', { gate }), await create('waits', { gate }), await create('shared', { type: 'shared' })]
  await harness.advance('10s')
  tasks.push(
    await create('shared-waits', { type: 'shared' }),
    await create('later', { delay: '5h' }),
    await create('later', { delay: '6h' }),
  )
  tasks.push(await create('dead', { delay: '7h' }), await create('dead', { delay: '8h' }))
  for (const id of tasks.slice(-2)) await bury(tenant, id)
  const operation = async () =>
    (await json(send(caller, 'POST', '/v1/operations', { action: 'hold', filter: { tag: mark }, reason: mark }))).id
  await operation()
  const operationId = await operation()
  const ids = { series: `${mark}-nightly`, doomed: `${mark}-doomed`, newSeries: `${mark}-new` }
  for (const id of Object.values(ids)) await send(caller, 'PUT', `/v1/series/${id}`, { ...SERIES, description: mark })
  await send(caller, 'POST', '/v1/controls/type.work/limit', { concurrency: 50, reason: mark })
  await send(caller, 'POST', '/v1/controls/lane.low/pause', { reason: mark })
  const calendars = { calendar: `${mark}-holidays`, oldCalendar: `${mark}-old`, newCalendar: `${mark}-new` }
  for (const name of Object.values(calendars))
    await send(caller, 'PUT', `/v1/calendars/${name}`, { dates: [{ date: '2026-12-26', name: mark }] })
  await harness.advance('1m')
  return {
    tasks,
    ids: { ...ids, ...calendars, task: tasks[0] ?? '', operation: operationId, gate: 'key.room', scope: 'lane.low' },
  }
}

/** Fails a task as after its last dead letter. */
const bury = async (tenant: string, id: string): Promise<void> => {
  const { world } = harness
  const row = await world.store.get({ kind: 'task', tenant, id })
  if (row?.kind !== 'task') throw new Error(`there is no task ${id}`)
  const provenance = { source: 'lane:normal', receives: 5, reason: tenant, bodySha256: '0'.repeat(64), at: world.clock.now() }
  const error = { code: 'DeadLettered', message: `dead letter of ${tenant}`, retriable: false, provenance }
  const { dueAt: _, ...failed } = {
    ...row,
    state: 'failed',
    error,
    finishedAt: world.clock.now(),
    version: row.version + 1,
  } as const
  expect((await world.store.put(failed, row.version)).written).toBe(true)
}

beforeAll(async () => {
  harness = await gateHarness({ shared: { limit: { concurrency: 1, across: 'all' } } })
  foreign = await fill(FOREIGN)
  own = await fill(OWN)
}, 60_000)
afterAll(() => harness.stop())

const routesOf = (kind: Kind) => routes.filter(({ operationId }) => ENTRIES[operationId].of === kind)
const at = (path: string, id: string): string => path.replace(/\{\w+\}/, () => id)
const call = (caller: Caller, route: (typeof routes)[number], id = '', search = '') =>
  send(caller, route.method, `${at(route.path, id)}${search}`, ENTRIES[route.operationId].body)
/** An answer without the id, which the caller has sent itself. */
const withoutId = ({ status, headers, body = '' }: Response, id: string) => ({
  status,
  headers,
  body: id === '' ? body : body.replaceAll(id, '{id}'),
})

/** Ids that no task or operation can have. */
const IMPOSSIBLE = [
  'no%2Fsuch',
  'a%2F..%2Fb',
  '..%2F',
  '..',
  '%00',
  'ä',
  'A',
  'a b',
  'a#b',
  'umbrella%2Fabc',
  'x'.repeat(3_000),
  '{id}',
]

describe('the id of another tenant is as unknown as one that never was', () => {
  const NONE = { series: 'none', doomed: 'none', newSeries: 'none', calendar: 'none', newCalendar: 'none', oldCalendar: 'none' }
  const UNKNOWN: Ids = { ...NONE, task: '0'.repeat(26), operation: '0'.repeat(26), gate: 'key.none', scope: 'type.none' }
  const KINDS = ['task', 'operation', 'series', 'doomed', 'calendar', 'oldCalendar'] as const
  const withId = routes.filter(({ operationId }) => KINDS.some((kind) => kind === ENTRIES[operationId].of))

  test.each(withId)('$method $path', async (route) => {
    const kind = ENTRIES[route.operationId].of as (typeof KINDS)[number]
    const unknown = withoutId(await call(callerOf(OWN), route, UNKNOWN[kind]), UNKNOWN[kind])
    expect(unknown.status).toBe(404)
    for (const id of [foreign.ids[kind], ...foreign.tasks, own.ids[kind === 'task' ? 'operation' : 'task'], ...IMPOSSIBLE])
      expect(withoutId(await call(callerOf(OWN), route, id), id), id).toEqual(unknown)
  })

  test('a gate, also with the same name', async () => {
    const [route] = routesOf('gate')
    if (!route) throw new Error('no route of a gate')
    const caller = callerOf('third')
    const unknown = withoutId(await call(caller, route, UNKNOWN.gate), UNKNOWN.gate)
    expect(unknown.status).toBe(404)
    for (const id of [foreign.ids.gate, 'type.none', 'lane.none', 'operation', 'key.%2F', 'key...', `key.${'x'.repeat(200)}`])
      expect(withoutId(await call(caller, route, id), id), id).toEqual(unknown)
  })

  test('a scope is a name of the deployment: each tenant has its own state of it', async () => {
    const third = callerOf('third')
    const state = async (caller: Caller) => await json(send(caller, 'GET', '/v1/gates/lane.low'))
    expect(await state(callerOf(FOREIGN))).toMatchObject({ paused: { reason: SECRET } })
    expect(await state(third)).not.toHaveProperty('paused')
    for (const route of routesOf('scope'))
      for (const id of ['type.none', 'lane.none', 'type.__proto__', 'lane.constructor', 'tenant%2F', 'tenants'])
        expect((await call(third, route, id)).status, `${route.path} ${id}`).toBe(400)
  })
})

describe('scopes', () => {
  const RANK: readonly Scope[] = ['carillon/read', 'carillon/write', 'carillon/admin']
  test.each(routes)(
    '$method $path is refused alike for own, foreign and unknown ids, and is allowed from $scope on',
    async (route) => {
      const { of } = ENTRIES[route.operationId]
      const ids = of === 'none' ? [''] : [foreign.ids[of], own.ids[of], 'none', 'no%2Fsuch']
      for (const scopes of [[], ...RANK.map((scope) => [scope])]) {
        const answers = await Promise.all(ids.map(async (id) => withoutId(await call(callerOf(OWN, scopes), route, id), id)))
        const isAllowed = scopes.some((scope) => RANK.indexOf(scope) >= RANK.indexOf(route.scope))
        if (isAllowed) expect(answers.map(({ status }) => status)).not.toContain(403)
        else for (const answer of answers) expect(answer).toEqual({ ...answers[0], status: 403 })
      }
    },
  )

  test.each(routes)('$method $path works for an own id', async (route) => {
    const { of, own: statuses } = ENTRIES[route.operationId]
    expect(statuses).toContain((await call(callerOf(OWN), route, of === 'none' ? '' : own.ids[of])).status)
  })
})

describe('lists', () => {
  const lists = routes.filter(({ operationId }) => 'cursor' in endpoints[operationId].query.shape)

  test.each(lists)('a cursor of another tenant is refused by $method $path, and says nothing', async (route) => {
    const { of } = ENTRIES[route.operationId]
    const page = async (tenant: string, { ids }: Filled, search: string) =>
      call(callerOf(tenant), route, of === 'none' ? '' : ids[of], search)
    const { nextCursor } = JSON.parse((await page(FOREIGN, foreign, '?limit=1')).body ?? '')
    expect(nextCursor).toBeTypeOf('string')
    expect((await page(FOREIGN, foreign, `?limit=1&cursor=${nextCursor}`)).status).toBe(200)
    const refused = await page(OWN, own, `?limit=1&cursor=${nextCursor}`)
    expect([refused.status, JSON.parse(refused.body ?? '')]).toMatchObject([400, { code: 'invalid', path: '/query/cursor' }])
  })

  test('there are as many lists as expected: a new list needs more than one page in `fill`', () => {
    expect(lists.map(({ operationId }) => operationId).toSorted()).toEqual([
      'listAudit',
      'listCalendars',
      'listDeadLetters',
      'listOccurrences',
      'listOperations',
      'listResults',
      'listSeries',
      'listTasks',
    ])
  })
})

describe('no answer contains anything of the other tenant', () => {
  /** Ids are compared too: they alone would show that and when another tenant has created tasks. */
  const leaks = ({ headers, body = '' }: Response): readonly string[] =>
    [SECRET, FOREIGN, foreign.ids.operation, ...foreign.tasks].filter((secret) =>
      `${JSON.stringify(headers)}${body}`.includes(secret),
    )

  test.each(routes)('$method $path', async (route) => {
    const { of } = ENTRIES[route.operationId]
    const ids =
      of === 'none' ? [''] : of === 'task' ? own.tasks : [own.ids[of], ...(of === 'gate' ? ['type.shared', 'tenant'] : [])]
    for (const id of ids) expect(leaks(await call(callerOf(OWN), route, id)), id).toEqual([])
  })

  test('not even at a gate that all tenants share', async () => {
    const [, , , waiting = ''] = own.tasks
    const explained = await json(send(callerOf(OWN), 'GET', `/v1/tasks/${waiting}/explain`))
    expect(explained.reasons[0]).toMatchObject({ code: 'gateBusy' })
    expect(JSON.stringify(explained)).not.toContain(foreign.tasks[2])
    // The operators see it.
    const gate = await json(send({ ...callerOf('carillon') }, 'GET', '/v1/gates/type.shared'))
    expect(gate.holders).toMatchObject([{ tenant: FOREIGN, task: foreign.tasks[2] }])
  })

  test('the same idempotency key and the same unique key create a task in each tenant', async () => {
    const body = { ...TASK, unique: { by: ['type'] } }
    const create = (tenant: string) => send(callerOf(tenant), 'POST', '/v1/tasks', body, { 'idempotency-key': 'shared' })
    const [first, second] = [await create(FOREIGN), await create(OWN)]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(JSON.parse(second.body ?? '').id).not.toBe(JSON.parse(first.body ?? '').id)
  })

  test('a bulk operation changes tasks of its own tenant only', async () => {
    const { id } = await json(
      send(callerOf(OWN), 'POST', '/v1/operations', { action: 'cancel', filter: { state: 'scheduled' }, reason: 'all' }),
    )
    await harness.advance('30s')
    expect((await json(send(callerOf(OWN), 'GET', `/v1/operations/${id}`))).changed).toBeGreaterThan(0)
    const results = await json(send(callerOf(OWN), 'GET', `/v1/operations/${id}/tasks?limit=100`))
    for (const { task } of results.items) expect(foreign.tasks).not.toContain(task)
    const { items } = await json(send(callerOf(FOREIGN), 'GET', '/v1/tasks?limit=100'))
    const actors = items.flatMap(({ history }: { history: { by: string }[] }) => history.map(({ by }) => by))
    expect(actors).toContain(`user:${SECRET}`)
    expect(actors).not.toContain('user:alice')
  })
})
