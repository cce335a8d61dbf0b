import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../../core/limits.ts'
import { isRefusal } from '../../../../core/refusal.ts'
import type { TaskCommand } from '../../../../core/task/command.ts'
import type { TaskRow } from '../../../../core/task/row.ts'
import { apply } from '../../../../engine/apply.ts'
import { relay } from '../../../../engine/relay.ts'
import type { World } from '../../../../engine/world.ts'
import { dynamoStore } from '../../../../worlds/aws/dynamo/store.ts'
import { engineWorld } from '../../../engine/world.ts'
import { create } from '../rows.ts'
import { type ThrottledTable, throttledTable } from './throttled-table.ts'

/** One tenant does `LIMITS.tenantTasksPerSecondCount` of something in a second, beside ten other tenants. */

/** A tenth of the tasks on partitions that take a tenth of the units: as full, and ten times as fast to compute. */
const SCALE = 10
const TASKS_COUNT = LIMITS.tenantTasksPerSecondCount / SCALE
const UNITS_COUNT = LIMITS.partitionWritesCount / SCALE
const SECONDS = 2
const STORM = 'storm'
const at = create().at
const stamp = { at, by: 'worker:w' }
const error = { code: 'Down', message: 'the service is down', retriable: true }
const RETENTION = { retentionMs: LIMITS.retentionMs }
const claim = (row: TaskRow): TaskCommand => ({
  name: 'claim',
  ...stamp,
  at: row.dueAt ?? at,
  epoch: row.epoch,
  owner: `w${row.attempt}`,
  leaseMs: 70_000,
})
const held = ({ epoch, attempt }: TaskRow) => ({ epoch, attempt })
const fail = (row: TaskRow): TaskCommand => ({ name: 'fail', ...stamp, claim: held(row), error, ...RETENTION })
const retry = (row: TaskRow): TaskCommand => ({ name: 'retry', ...stamp, claim: held(row), error, dueAt: at + 30_000 })
const succeed = (row: TaskRow): TaskCommand => ({ name: 'succeed', ...stamp, claim: held(row), ...RETENTION })
const withFailureTask = { onFailure: create().policy }
const cancel = (): TaskCommand => ({ name: 'cancel', at, by: 'user:ada via operation:o1', operation: 'o1', ...RETENTION })

/** What the tenant's tasks do, all within their second. */
const storms = {
  'fail for good, each with a failure task': [claim, fail],
  'fail and are tried again, twice': [claim, retry, claim, retry],
  'are cancelled by bulk operations, which audit each': [cancel],
} as const

type Steps = readonly ((row: TaskRow) => TaskCommand)[]

const run = async (table: ThrottledTable, steps: Steps): Promise<void> => {
  const silent = { info: () => {}, warn: () => {}, error: () => {} }
  const world: World = { ...engineWorld(), log: silent, store: dynamoStore({ client: table.client, table: 't' }) }
  const live = async (tenant: string, id: string, own: Steps) => {
    const key = { kind: 'task', tenant, id } as const
    let row: TaskRow | undefined
    for (const step of [undefined, ...own]) {
      const before = row
      const done = await apply(
        world,
        key,
        (now) => (step && now ? step(now) : create(tenant === STORM ? withFailureTask : {})),
        before ?? 'none',
      )
      if (isRefusal(done)) throw new Error(done.message)
      row = done.after
      await relay(world, done)
    }
  }
  for (let second = 0; second < SECONDS; second++) {
    for (let n = 0; n < TASKS_COUNT; n++) {
      // A refused write ends the life of this task here: what matters is which writes are refused.
      await live(STORM, `s${second}-${n}`, steps).catch(() => {})
      if (n % 10 === 0) await live(`other-${(n / 10) % 10}`, `o${second}-${n}`, [claim, retry, claim, succeed]).catch(() => {})
    }
    table.tick()
  }
}

const refusedOf = ({ refused }: ThrottledTable, isStorm: boolean) =>
  [...refused].filter(([key]) => (key.split('/')[1] === STORM) === isStorm).reduce((sum, [, count]) => sum + count, 0)

/** The partitions before lists were sharded: eight for the watch, four for an agenda, one for each other list. */
const before = (index: string, key: string): string => {
  const [, name = key, shard = '0'] = /^(.*)#(\d+)$/.exec(key) ?? []
  if (index === 'watch') return `${name}#${Number(shard) % 8}`
  return index === 'agenda' ? `${name}#${Number(shard) % 4}` : name
}

describe('5,000 tasks a second of one tenant', () => {
  test.each(Object.entries(storms))('that %s: no write is refused, neither theirs nor another tenant’s', async (_, steps) => {
    const table = throttledTable(UNITS_COUNT, (_, key) => key)
    await run(table, steps)
    expect([refusedOf(table, false), refusedOf(table, true)]).toEqual([0, 0])
  })

  test.each(Object.entries(storms).slice(0, 2))(
    'that %s: the keys of before refuse commits of other tenants',
    async (_, steps) => {
      const table = throttledTable(UNITS_COUNT, before)
      await run(table, steps)
      expect(refusedOf(table, false)).toBeGreaterThan(0)
    },
  )

  test('that are cancelled by bulk operations: one partition of audit entries makes the relay fail', async () => {
    const table = throttledTable(UNITS_COUNT, (index, key) => (index === 'table' ? before(index, key) : key))
    await run(table, storms['are cancelled by bulk operations, which audit each'])
    expect([...table.refused.keys()].some((key) => key.startsWith('audit/'))).toBe(true)
  })
})
