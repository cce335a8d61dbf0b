import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../worlds/memory/store.ts'
import { engineWorld } from '../engine/world.ts'
import { allOrders, interleavingsOn } from './interleavings.ts'
import { type ApiResponse, scene } from './scene.ts'

/** Several processes that share one store, each with its own API. */
const processes = async (count: number) => {
  const store = memoryStore(':memory:')
  const calls = interleavingsOn(store)
  const apis = Array.from({ length: count }, (_, actor) => {
    const ids = { next: () => `p${actor}.${String(++made).padStart(3, '0')}` }
    let made = 0
    const world = Object.assign(engineWorld(), { store: calls.storeOf(actor), ids })
    return scene(world)
  })
  // The row of the tenant exists, as for all tasks except the first.
  for (const { create } of apis) await create({ type: 'free', input: 'another' })
  const open = () => [...store.openTasks()].filter(({ input }) => 'inline' in input && input.inline !== 'another')
  return { apis, open, run: calls.run, close: store.close }
}

const UNIQUE = { type: 'free', input: { order: 17 }, unique: {} }

type Choice = (waiting: readonly number[]) => number
type Check = (answers: readonly ApiResponse[], open: number) => void
type Request = { readonly body: object; readonly key?: string }
type Before = (request: ReturnType<typeof scene>['request']) => Promise<void>

/** The answers of several requests with their store calls in this order. */
const inOneOrder = async (requests: readonly Request[], choose: Choice, check: Check, before?: Before): Promise<void> => {
  const { apis, open, run, close } = await processes(requests.length)
  const [first] = apis
  if (first) await before?.(first.request)
  const answers: ApiResponse[] = []
  const actors = requests.map(({ body, key }, actor) => async () => {
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    const answer = await apis[actor]?.request('POST', '/v1/tasks', { body, headers })
    if (answer) answers[actor] = answer
  })
  await run(actors, choose, () => expect(open().length).toBeLessThanOrEqual(1))
  check(answers, open().length)
  close()
}

/** The same in every order; returns the number of orders. */
const inEveryOrder = (requests: readonly Request[], check: Check, before?: Before): Promise<number> =>
  allOrders((choose) => inOneOrder(requests, choose, check, before))

const statuses = (answers: readonly ApiResponse[]) => answers.map(({ status }) => status).sort()
const ids = (answers: readonly ApiResponse[]) => new Set(answers.map(({ body }) => body.id))

describe('two concurrent requests, in every order of their calls', { timeout: 120_000 }, () => {
  test('create one task, which both return', async () => {
    const count = await inEveryOrder([{ body: UNIQUE }, { body: UNIQUE }], (answers, open) => {
      expect([statuses(answers), ids(answers).size, open]).toEqual([[200, 201], 1, 1])
      expect(answers.find(({ status }) => status === 200)?.body.duplicate).toBe(true)
    })
    expect(count).toBeGreaterThan(20)
  })

  test('replace an ended task once, and both return the new task', async () => {
    const cancelled = async (request: ReturnType<typeof scene>['request']) => {
      const { id } = (await request('POST', '/v1/tasks', { body: UNIQUE })).body
      await request('POST', `/v1/tasks/${id}/cancel`)
    }
    const count = await inEveryOrder(
      [{ body: UNIQUE }, { body: UNIQUE }],
      (answers, open) => expect([statuses(answers), ids(answers).size, open]).toEqual([[200, 201], 1, 1]),
      cancelled,
    )
    expect(count).toBeGreaterThan(20)
  })

  test('create one task, and the later request replaces its fields', async () => {
    const body = (month: number) => ({
      type: 'free',
      input: { order: 17, month },
      unique: { by: ['/order'], onDuplicate: { replace: ['input'] } },
    })
    await inEveryOrder([{ body: body(1) }, { body: body(2) }], (answers, open) => {
      expect([statuses(answers), ids(answers).size, open]).toEqual([[200, 201], 1, 1])
      expect(answers.find(({ status }) => status === 200)?.body.replaced).toEqual(['input'])
    })
  })

  test('are debounced into one task', async () => {
    const body = { type: 'free', input: { order: 17 }, debounce: { key: 'k', delay: '1m' } }
    await inEveryOrder([{ body }, { body }], (answers, open) => {
      expect([statuses(answers), ids(answers).size, open]).toEqual([[200, 201], 1, 1])
      expect(answers.find(({ status }) => status === 200)?.body.debounced).toBe(true)
    })
  })
})

// There are thousands of orders; each run tries a random hundred.
test('two requests with one idempotency key return the same task', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1), { minLength: 20, maxLength: 20 }), async (order) => {
      const choices = [...order]
      const keyed = { body: UNIQUE, key: 'k' }
      await inOneOrder(
        [keyed, keyed],
        (waiting) => (choices.shift() ?? 0) % waiting.length,
        (answers, open) => expect([statuses(answers), ids(answers).size, open]).toEqual([[200, 201], 1, 1]),
      )
    }),
  )
})

/** Steps: the next of the waiting actors, and whether it crashes instead. */
const schedule = fc.array(fc.record({ actor: fc.nat(3), crashes: fc.integer({ min: 0, max: 12 }) }), { maxLength: 60 })
const requestArbitrary = fc.record({ key: fc.option(fc.constantFrom('k1', 'k2'), { nil: undefined }), replaces: fc.boolean() })

test('several requests, some of which crash at any call, create at most one open task, and a later request returns it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(requestArbitrary, { minLength: 2, maxLength: 4 }), schedule, async (requests, steps) => {
      const { apis, open, run, close } = await processes(requests.length)
      const remainingSteps = [...steps]
      const crashed = new Set<number>()
      const ids: string[] = []
      const request = async (actor: number, { key, replaces }: (typeof requests)[number]) => {
        const unique = { by: ['/order'], ...(replaces ? { onDuplicate: { replace: ['input', 'notBefore'] } } : {}) }
        const body = { type: 'free', input: { order: 17, key: key ?? null }, unique }
        const headers = key === undefined ? {} : { 'idempotency-key': key }
        const answer = await apis[actor]?.request('POST', '/v1/tasks', { body, headers })
        if (answer && answer.status < 300) ids.push(answer.body.id)
        return answer
      }
      const choose = (waiting: readonly number[]): number | undefined => {
        const running = waiting.filter((actor) => !crashed.has(actor))
        const step = remainingSteps.shift()
        const actor = running[(step?.actor ?? 0) % Math.max(1, running.length)]
        if (step?.crashes === 0 && actor !== undefined && running.length > 1) {
          crashed.add(actor)
          return choose(waiting)
        }
        return actor === undefined ? undefined : waiting.indexOf(actor)
      }
      await run(
        requests.map((each, actor) => () => request(actor, each)),
        choose,
        () => expect(open().length).toBeLessThanOrEqual(1),
      )
      const late = await request(0, { key: undefined, replaces: false })
      expect([late?.status === 200 ? late.body.duplicate : true, open().map(({ id }) => id)]).toEqual([true, [late?.body.id]])
      expect(new Set(ids)).toEqual(new Set([late?.body.id]))
      close()
    }),
    { numRuns: 150 },
  )
}, 120_000)
