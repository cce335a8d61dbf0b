import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { handle } from '../api/http/handle.ts'
import type { Caller } from '../api/http/request.ts'
import { defineTask, giveUp, retryLater } from '../core/define.ts'
import type { TaskRow } from '../core/task/row.ts'
import { acquireGates, releaseGates } from '../engine/gate/acquire.ts'
import { type DynamoDbLocal, dynamoDbLocalRuns, startDynamoDbLocal } from './contract/dynamodb-local.ts'
import { type Bill, type Ledger, openLedger } from './ledger.ts'
import { priceTable } from './ledger-prices.ts'

const text = z.object({ text: z.string() })
const any = z.unknown()

/** Each does what its name says. */
const types = [
  defineTask('succeeds', { input: text, run: async () => 'done' }),
  defineTask('fails-once', { input: text, run: async ({ attempt }) => (attempt === 1 ? retryLater('the first time') : 'done') }),
  defineTask('fails', { input: text, onFailure: 'tells', run: async () => giveUp('for good') }),
  defineTask('tells', { input: any, run: async () => 'told' }),
]

const caller: Caller = { tenant: 'contoso', scopes: ['carillon/read', 'carillon/write'], by: 'user:alice@contoso.example' }

/** Asks the API; answers its status and its task. */
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
  const enter = async (life: string, deed: () => Promise<unknown>, withinMs?: number): Promise<Bill> => {
    const bill = await ledger.billOf(deed, withinMs)
    bills.set(life, bill)
    return bill
  }
  /** Makes a task and answers what its life cost and how it ended. */
  const live = async (life: string, more: object = {}, withinMs?: number) => {
    let id = ''
    const create = async () => {
      id = (await ask(ledger, '/v1/tasks', { ...ordinary, ...more })).id
    }
    const bill = await enter(life, create, withinMs)
    return { id, bill, state: await stateOf(id) }
  }
  const rowOf = async (id: string) =>
    (await ledger.world.store.get({ kind: 'task', tenant: caller.tenant, id })) as TaskRow | undefined
  const stateOf = async (id: string) => (await rowOf(id))?.state
  /** Has a place in a gate taken by a task that is never run, on no one's bill; answers how it is given back. */
  const someoneInside = async (gate: object) => {
    let id = ''
    await ledger.billOf(async () => {
      id = (await ask(ledger, '/v1/tasks', { ...ordinary, gate, ready: false })).id
    })
    const holder = await rowOf(id)
    const passed = holder && (await acquireGates(ledger.world, ledger.app, holder, 60_000))
    if (!holder || !passed?.gates.length) throw new Error(`task ${id} has not come into its gate`)
    return () => releaseGates(ledger.world, holder, passed.gates)
  }

  beforeAll(async () => {
    local = await startDynamoDbLocal()
    ledger = await openLedger(local, types)
    // The tenant's own row is written once in its life, so it is no part of any task's price.
    await ledger.billOf(() => ask(ledger, '/v1/tasks', ordinary))
  })
  afterAll(() => local.stop())

  it('has a near task, create to success, at four write units and no timer', async () => {
    const { bill, state } = await live('near: create → success')
    expect(state).toBe('succeeded')
    expect(bill.writeUnits).toBeLessThanOrEqual(4)
    expect(bill).toMatchObject({ transactions: 0, timers: 0, messages: 1 })
  })

  it('has the same on an executor that was idle, which reads afresh what is paused and limited, and writes no more', async () => {
    const { bill, state } = await live('near, on an executor that was idle', { delay: '10s' })
    expect(state).toBe('succeeded')
    expect(bill).toMatchObject({ writeUnits: 4, readUnits: 3, messages: 1, timers: 0, relayed: 3, executed: 1 })
  })

  it('has a far task, create to success, at six write units and one timer', async () => {
    const { bill, state } = await live('far: create → success', { delay: '1h' })
    expect(state).toBe('succeeded')
    expect(bill.writeUnits).toBeLessThanOrEqual(6)
    expect(bill).toMatchObject({ transactions: 0, timers: 1 })
  })

  it('has a task that fails once and is tried again', async () => {
    const { bill, state } = await live('near, with one retry', { type: 'fails-once' })
    expect(state).toBe('succeeded')
    expect(bill).toMatchObject({ transactions: 0, timers: 0, messages: 2 })
  })

  it('has a task that fails for good, and its failure task', async () => {
    const { id, bill, state } = await live('near, failed, with its failure task', { type: 'fails' })
    expect(state).toBe('failed')
    expect(await stateOf(`${id}.f1`)).toBe('succeeded')
    expect(bill).toMatchObject({ transactions: 0, timers: 0, messages: 2 })
  })

  it('has a create with an idempotency key, which looks first, and its repeat, which writes nothing', async () => {
    const create = () => ask(ledger, '/v1/tasks', ordinary, { 'idempotency-key': 'once' })
    const first = await enter('near, with an idempotency key', async () => expect((await create()).status).toBe(201))
    const again = await enter('the same request again', async () => expect((await create()).status).toBe(200))
    expect(first.writeUnits).toBeLessThanOrEqual(4)
    expect(again).toMatchObject({ writeUnits: 0, messages: 0, timers: 0, relayed: 0 })
  })

  it('has a task that is to be unique, a duplicate of it, and one that is put off', async () => {
    const held = (more: object, status: number) => async () =>
      expect((await ask(ledger, '/v1/tasks', { ...ordinary, ready: false, ...more })).status).toBe(status)
    const unique = { unique: { by: ['type'] } }
    const made = await enter('unique, create only', held(unique, 201))
    const met = await enter('a duplicate of it', held(unique, 200))
    const first = await enter('debounced, create only', held({ debounce: { key: 'k', delay: '10s' } }, 201))
    const later = await enter('put off by a second request', held({ debounce: { key: 'k', delay: '20s' } }, 200))
    for (const bill of [made, first]) expect(bill.writeUnits).toBeLessThanOrEqual(3)
    expect(met).toMatchObject({ writeUnits: 0, messages: 0, timers: 0, relayed: 0 })
    expect(later).toMatchObject({ writeUnits: 3, messages: 0, timers: 0, relayed: 1 })
  })

  it('has a task that is cancelled before its time, and whose timer goes with it', async () => {
    const bill = await enter('far, cancelled before its time', async () => {
      const { id } = await ask(ledger, '/v1/tasks', { ...ordinary, delay: '1h' })
      expect(await ask(ledger, `/v1/tasks/${id}/cancel`)).toMatchObject({ result: 'cancelled' })
    })
    expect(bill).toMatchObject({ transactions: 0, timers: 1, messages: 0 })
  })

  it('has a task that goes through a gate, and tasks that wait in the line of one', async () => {
    const { bill, state } = await live('near, through a gate that is free', { gate: { key: 'free' } })
    expect(state).toBe('succeeded')
    // Not more: one write to enter the gate, and one to leave it.
    expect(bill.writeUnits).toBeLessThanOrEqual(6)

    const gate = { key: 'busy' }
    const giveBackPlace = await someoneInside(gate)
    const first = await live('near, finds a gate busy: create → in line', { gate }, 1_000)
    const second = await live('the same, with others in line before it', { gate }, 1_000)
    expect([first.state, second.state]).toEqual(['scheduled', 'scheduled'])
    await enter('cancelled in line', () => ask(ledger, `/v1/tasks/${second.id}/cancel`), 1_000)
    expect(await stateOf(second.id)).toBe('cancelled')
    await giveBackPlace()
    await enter('called from the line → success', async () => {})
    expect(await stateOf(first.id)).toBe('succeeded')
  })

  it('is the one in docs/cost.md', () => {
    const table = tableOf(bills)
    console.log(table)
    expect(written('ledger'), 'put the table printed above between the ledger marks of docs/cost.md').toBe(table)
  })

  it('is priced in docs/cost.md as it was counted', () => {
    const lives = new Map([...bills].filter(([life]) => life.endsWith('create → success')))
    const table = priceTable(lives)
    console.log(table)
    expect(written('prices'), 'put the table printed above between the prices marks of docs/cost.md').toBe(table)
  })
})

/** What docs/cost.md says between two marks. */
const written = (mark: string): string | undefined =>
  readFileSync('docs/cost.md', 'utf8').split(`<!-- ${mark} -->`)[1]?.split(`<!-- /${mark} -->`)[0]?.trim()

const tableOf = (bills: ReadonlyMap<string, Bill>): string =>
  [
    '| life of a task | write units | read units | transactions | SQS messages | timers | changes relayed | messages executed |',
    '|---|---|---|---|---|---|---|---|',
    ...[...bills].map(
      ([life, { writeUnits, readUnits, transactions, messages, timers, relayed, executed }]) =>
        `| ${life} | ${[writeUnits, readUnits, transactions, messages, timers, relayed, executed].join(' | ')} |`,
    ),
  ].join('\n')
