import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { handle } from '../api/http/handle.ts'
import type { Caller } from '../api/http/request.ts'
import { defineTask, giveUp, retryLater } from '../core/define.ts'
import { LIMITS } from '../core/limits.ts'
import { DEFAULT_RETRY } from '../core/retry/policy.ts'
import type { Json } from '../core/row/json.ts'
import { decideTask } from '../core/task/decide.ts'
import type { TaskRow } from '../core/task/row.ts'
import { openTenant } from '../engine/apply.ts'
import { acquireGates, releaseGates } from '../engine/gate/acquire.ts'
import { sideBySide } from '../engine/side-by-side.ts'
import { sweep } from '../engine/sweep/sweep.ts'
import { type DynamoDbLocal, dynamoDbLocalRuns, openDynamoDbLocal } from './contract/dynamodb-local.ts'
import { type Bill, type Ledger, openLedger } from './ledger.ts'
import { priceTable } from './ledger-prices.ts'

const text = z.object({ text: z.string() })
const any = z.unknown()

const types = [
  defineTask('succeeds', { input: text, run: async () => 'done' }),
  defineTask('fails-once', { input: text, run: async ({ attempt }) => (attempt === 1 ? retryLater('the first time') : 'done') }),
  defineTask('fails', { input: text, onFailure: 'handles-failure', run: async () => giveUp('for good') }),
  defineTask('handles-failure', { input: any, run: async () => 'handled' }),
]

const caller: Caller = { tenant: 'contoso', scopes: ['carillon/read', 'carillon/write'], by: 'user:alice@contoso.example' }

/** Sends a request to the API; returns its status and its task. */
const ask = async ({ world, app }: Ledger, path: string, body: object = {}, headers: Record<string, string> = {}) => {
  const request = { method: 'POST', path, query: {}, headers: { 'content-type': 'application/json', ...headers } }
  const response = await handle(world, app, caller, { ...request, body: JSON.stringify(body) })
  if (response.status >= 400) throw new Error(response.body)
  return { status: response.status, ...(JSON.parse(response.body ?? '') as { id: string }) }
}

/** The ordinary task has 200 bytes of input. */
const ordinary = { type: 'succeeds', input: { text: 'x'.repeat(200 - '{"text":""}'.length) } }

describe.skipIf(!dynamoDbLocalRuns)('the ledger', () => {
  let local: DynamoDbLocal
  let ledger: Ledger
  const bills = new Map<string, Bill>()
  const sweeps = new Map<string, Bill>()
  const record = async (scenario: string, action: () => Promise<unknown>, withinMs?: number): Promise<Bill> => {
    const bill = await ledger.billOf(action, withinMs)
    bills.set(scenario, bill)
    return bill
  }
  /** Creates a task and runs it; returns its cost and its last state. */
  const runTask = async (scenario: string, more: object = {}, withinMs?: number) => {
    let id = ''
    const create = async () => {
      id = (await ask(ledger, '/v1/tasks', { ...ordinary, ...more })).id
    }
    const bill = await record(scenario, create, withinMs)
    return { id, bill, state: await stateOf(id) }
  }
  const rowOf = async (id: string) =>
    (await ledger.world.store.get({ kind: 'task', tenant: caller.tenant, id })) as TaskRow | undefined
  const stateOf = async (id: string) => (await rowOf(id))?.state
  /** Gives a place of a gate to a task that never runs, without counting it; returns a function that releases the place. */
  const occupyPlace = async (gate: object) => {
    let id = ''
    await ledger.billOf(async () => {
      id = (await ask(ledger, '/v1/tasks', { ...ordinary, gate, ready: false })).id
    })
    const holder = await rowOf(id)
    const acquired = holder && (await acquireGates(ledger.world, ledger.app, holder, 60_000))
    if (!holder || !acquired?.gates.length) throw new Error(`task ${id} got no place in its gate`)
    return () => releaseGates(ledger.world, holder, acquired.gates)
  }

  beforeAll(async () => {
    local = await openDynamoDbLocal()
    ledger = await openLedger(local, types)
    // The row of a busy tenant is written once in a quarter of an hour, so it is not part of the cost of a task.
    const { world } = ledger
    await openTenant(world, caller.tenant, caller.by, world.clock.now() + 7 * 86_400_000)
    await ledger.billOf(() => ask(ledger, '/v1/tasks', ordinary))
  })
  afterAll(() => local.close())

  it('a near task, create to success, costs four write units and no timer', async () => {
    const { bill, state } = await runTask('near: create → success')
    expect(state).toBe('succeeded')
    expect(bill.writeUnits).toBeLessThanOrEqual(4)
    expect(bill).toMatchObject({ transactions: 0, timers: 0, messages: 1 })
  })

  it('on an idle executor the same task costs reads of the controls and no more writes', async () => {
    const { bill, state } = await runTask('near, on an idle executor', { delay: '10s' })
    expect(state).toBe('succeeded')
    expect(bill).toMatchObject({ writeUnits: 4, readUnits: 3, messages: 1, timers: 0, relayed: 3, executed: 1 })
  })

  it('a far task, create to success, costs six write units and one timer', async () => {
    const { bill, state } = await runTask('far: create → success', { delay: '1h' })
    expect(state).toBe('succeeded')
    expect(bill.writeUnits).toBeLessThanOrEqual(6)
    expect(bill).toMatchObject({ transactions: 0, timers: 1 })
  })

  it('a task with one retry costs two messages', async () => {
    const { bill, state } = await runTask('near, with one retry', { type: 'fails-once' })
    expect(state).toBe('succeeded')
    expect(bill).toMatchObject({ transactions: 0, timers: 0, messages: 2 })
  })

  it('a failed task and its failure task cost two messages', async () => {
    const { id, bill, state } = await runTask('near, failed, with its failure task', { type: 'fails' })
    expect(state).toBe('failed')
    expect(await stateOf(`${id}.f1`)).toBe('succeeded')
    expect(bill).toMatchObject({ transactions: 0, timers: 0, messages: 2 })
  })

  it('an occurrence of a series costs five write units more than its task, and one timer when it is far', async () => {
    const occurrence = async (scenario: string, rate: string, withinMs: number) => {
      let id = ''
      const create = async () => {
        id = (await ask(ledger, '/v1/series', { ...ordinary, recurrence: { rate } })).id
      }
      await ledger.billOf(create, 5_000)
      const bill = await record(scenario, async () => {}, withinMs + 2_000)
      await ledger.billOf(() => ask(ledger, `/v1/series/${id}/pause`), 0)
      return bill
    }
    const near = await occurrence('an occurrence of a series, each minute', '1m', 60_000)
    expect(near).toMatchObject({ writeUnits: 4 + 5, transactions: 0, timers: 0 })
    const far = await occurrence('an occurrence of a series, each hour', '1h', 3_600_000)
    expect(far).toMatchObject({ writeUnits: 4 + 5, transactions: 0, timers: 1 })
  })

  it('a create with an idempotency key costs no additional write, and its repeat none', async () => {
    const create = () => ask(ledger, '/v1/tasks', ordinary, { 'idempotency-key': 'once' })
    const first = await record('near, with an idempotency key', async () => expect((await create()).status).toBe(201))
    const again = await record('the same request again', async () => expect((await create()).status).toBe(200))
    expect(first.writeUnits).toBeLessThanOrEqual(4)
    expect(again).toMatchObject({ writeUnits: 0, messages: 0, timers: 0, relayed: 0 })
  })

  it('a unique task costs at most three write units to create, its duplicate none, a postponement three', async () => {
    const createHeld = (more: object, status: number) => async () =>
      expect((await ask(ledger, '/v1/tasks', { ...ordinary, ready: false, ...more })).status).toBe(status)
    const unique = { unique: { by: ['type'] } }
    const created = await record('unique, create only', createHeld(unique, 201))
    const duplicate = await record('a duplicate of it', createHeld(unique, 200))
    const first = await record('debounced, create only', createHeld({ debounce: { key: 'k', delay: '10s' } }, 201))
    const later = await record('postponed by a second request', createHeld({ debounce: { key: 'k', delay: '20s' } }, 200))
    for (const bill of [created, first]) expect(bill.writeUnits).toBeLessThanOrEqual(3)
    expect(duplicate).toMatchObject({ writeUnits: 0, messages: 0, timers: 0, relayed: 0 })
    expect(later).toMatchObject({ writeUnits: 3, messages: 0, timers: 0, relayed: 1 })
  })

  it('a task that is cancelled before its time costs one timer and no message', async () => {
    const bill = await record('far, cancelled before its time', async () => {
      const { id } = await ask(ledger, '/v1/tasks', { ...ordinary, delay: '1h' })
      expect(await ask(ledger, `/v1/tasks/${id}/cancel`)).toMatchObject({ result: 'cancelled' })
    })
    expect(bill).toMatchObject({ transactions: 0, timers: 1, messages: 0 })
  })

  it('a task at a free gate costs at most six write units; a waiting task also pays for the waitlist', async () => {
    const { bill, state } = await runTask('near, through a gate that is free', { gate: { key: 'free' } })
    expect(state).toBe('succeeded')
    // One more write to acquire the gate, and one to release it.
    expect(bill.writeUnits).toBeLessThanOrEqual(6)

    const gate = { key: 'busy' }
    const releasePlace = await occupyPlace(gate)
    const first = await runTask('near, at a busy gate: create → on the waitlist', { gate }, 1_000)
    const second = await runTask('the same, behind others on the waitlist', { gate }, 1_000)
    expect([first.state, second.state]).toEqual(['scheduled', 'scheduled'])
    await record('cancelled on the waitlist', () => ask(ledger, `/v1/tasks/${second.id}/cancel`), 1_000)
    expect(await stateOf(second.id)).toBe('cancelled')
    await releasePlace()
    await record('admitted from the waitlist → success', async () => {})
    expect(await stateOf(first.id)).toBe('succeeded')
  })

  it('the sweep reads a settled task once, for half a unit and a little, and writes only what is unsettled', async () => {
    const { world, app } = ledger
    const sweepOf = async (count: number, settled: boolean) => {
      const rows = await overdueRows(ledger, count, settled)
      await ledger.billOf(async () => {}, 0)
      ledger.loseMessages(LIMITS.sweepEveryMs)
      const bill = await ledger.billOf(() => sweep(world, app), 0)
      for (const row of rows.slice(0, 10)) expect(await stateOf(row.id)).toBe('succeeded')
      return bill
    }
    await sweepOf(0, true)
    const idle = await sweepOf(0, true)
    const settled = await sweepOf(1_000, true)
    const unsettled = await sweepOf(10, false)
    expect((settled.readUnits - idle.readUnits) / 1_000).toBeLessThan(0.6)
    expect(settled.writeUnits).toBeLessThanOrEqual(idle.writeUnits + 1)
    sweeps.set('a sweep of one tenant that finds nothing', idle)
    sweeps.set('a thousand settled tasks more', difference(settled, idle))
    sweeps.set('ten tasks more whose messages were lost: put on the watch, woken, and run', difference(unsettled, idle))
    const table = sweepTable(sweeps)
    console.log(table)
    expect(written('sweep'), 'put the table printed above between the sweep marks of docs/cost.md').toBe(table)
  })

  it('a tenant that was idle costs two write units more, once for all tasks of a quarter of an hour', async () => {
    const { world } = ledger
    await openTenant(world, 'seldom', caller.by)
    await ledger.billOf(async () => {})
    const visit = () => openTenant(world, 'seldom', caller.by, world.clock.now())
    const bill = await record('a tenant that was idle, beside its task', visit)
    expect(bill).toMatchObject({ writeUnits: 2, messages: 0 })
    expect((await ledger.billOf(visit)).writeUnits).toBe(0)
  })

  it('the table is the one in docs/cost.md', () => {
    const table = tableOf(bills)
    console.log(table)
    expect(written('ledger'), 'put the table printed above between the ledger marks of docs/cost.md').toBe(table)
  })

  it('the prices are those in docs/cost.md', () => {
    const scenarios = new Map([...bills].filter(([scenario]) => scenario.endsWith('create → success')))
    const table = priceTable(scenarios)
    console.log(table)
    expect(written('prices'), 'put the table printed above between the prices marks of docs/cost.md').toBe(table)
  })
})

/** Puts rows of tasks that are due soon. */
const overdueRows = async ({ world }: Ledger, count: number, settled: boolean): Promise<readonly TaskRow[]> => {
  const now = world.clock.now()
  const rows = Array.from({ length: count }, (_, index): TaskRow => {
    const at = now + 1_000 + index
    const row = createdRow({ ...ordinary.input }, `${settled ? 's' : 'u'}${index}`, at)
    return settled ? { ...row, state: 'succeeded', finishedAt: at, forgetAt: at + 86_400_000, output: { inline: 'done' } } : row
  })
  await sideBySide(rows, LIMITS.commandParallelCount, (row) => world.store.put(row, 0))
  return rows
}

const createdRow = (input: Json, id: string, at: number): TaskRow =>
  decideTask({ kind: 'task', tenant: caller.tenant, id }, undefined, {
    name: 'create',
    at,
    by: caller.by,
    policy: { type: 'succeeds', schema: 1, lane: 'normal', timeoutMs: 50_000, retry: DEFAULT_RETRY },
    input: { inline: input },
    ready: true,
    notBefore: at,
  }) as TaskRow

const difference = (bill: Bill, less: Bill): Bill => ({
  ...bill,
  writeUnits: bill.writeUnits - less.writeUnits,
  readUnits: bill.readUnits - less.readUnits,
  messages: bill.messages - less.messages,
})

const sweepTable = (sweeps: ReadonlyMap<string, Bill>): string =>
  [
    '| | write units | read units | SQS messages |',
    '|---|---|---|---|',
    ...[...sweeps].map(
      ([name, { writeUnits, readUnits, messages }]) => `| ${name} | ${writeUnits} | ${readUnits} | ${messages} |`,
    ),
  ].join('\n')

/** The text of docs/cost.md between two marks. */
const written = (mark: string): string | undefined =>
  readFileSync('docs/cost.md', 'utf8').split(`<!-- ${mark} -->`)[1]?.split(`<!-- /${mark} -->`)[0]?.trim()

const tableOf = (bills: ReadonlyMap<string, Bill>): string =>
  [
    '| scenario | write units | read units | transactions | SQS messages | timers | changes relayed | messages executed |',
    '|---|---|---|---|---|---|---|---|',
    ...[...bills].map(
      ([scenario, { writeUnits, readUnits, transactions, messages, timers, relayed, executed }]) =>
        `| ${scenario} | ${[writeUnits, readUnits, transactions, messages, timers, relayed, executed].join(' | ')} |`,
    ),
  ].join('\n')
