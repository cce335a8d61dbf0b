import fc from 'fast-check'
import type { GateRow } from '../../core/gate/row.ts'
import type { Row } from '../../core/kinds.ts'
import type { Json } from '../../core/row/json.ts'
import type { SeriesRow } from '../../core/series/row.ts'
import { TASK_STATES, type TaskRow } from '../../core/task/row.ts'
import type { UniqueRow } from '../../core/unique/row.ts'

/** Few values of each, so that random operations often hit the same row. */
export const TENANTS = ['acme', 'acme-2', 'contoso'] as const
export const IDS = ['a', 'a.f1', 'b', 'c', 'd-1', 'e'] as const
export const TIMES = [0, 1_000, 1_001, 2_000_000, 1_795_287_600_250] as const
/** Numbers that are not valid instants of a row. */
const INVALID_TIMES = [-1, 1_000.5, 1_795_287_600_249.999] as const

export const tenant = fc.constantFrom(...TENANTS)
export const id = fc.constantFrom(...IDS)
export const time = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...TIMES) },
  { weight: 1, arbitrary: fc.constantFrom(...INVALID_TIMES) },
)
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const count = fc.nat(30)
/** Values that survive JSON: a row contains nothing else. */
export const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json)
const payload = fc.oneof(
  json.map((inline) => ({ inline })),
  fc.record({ document: fc.string({ minLength: 1, maxLength: 5 }), bytes: count }),
)
const policy = {
  type: text,
  schema: count,
  lane: fc.constantFrom('normal', 'low'),
  timeoutMs: count,
  retry: fc.oneof(
    fc.constant({ policy: 'none' as const }),
    fc.record({ policy: fc.constant('exponential' as const), waitMs: count, maxWaitMs: count, attempts: count }),
    fc.record({
      policy: fc.constant('waits' as const),
      waitsMs: fc.array(count, { maxLength: 3 }),
      attempts: count,
      maxAgeMs: count,
      jitter: fc.constantFrom(0, 0.333, 1),
      losses: count,
      retriable: fc.array(fc.record({ name: text, code: text }, { requiredKeys: ['name'] }), { maxLength: 3 }),
    }),
  ),
}
const entry = fc.record(
  {
    at: time,
    state: fc.constantFrom(...TASK_STATES),
    by: text,
    reason: text,
    command: fc.constantFrom('create' as const, 'claim' as const, 'rearm' as const),
    code: text,
    final: text,
    attemptsMade: count,
  },
  { requiredKeys: ['at', 'state', 'by', 'command'] },
)

/** A task with any of its fields and any values: a store must keep all of them. */
export const task: fc.Arbitrary<TaskRow> = fc.record(
  {
    kind: fc.constant('task' as const),
    tenant,
    id,
    ...policy,
    state: fc.constantFrom(...TASK_STATES),
    version: fc.constant(1),
    epoch: count,
    createdAt: time,
    createdBy: text,
    updatedAt: time,
    notBefore: time,
    attempt: count,
    losses: count,
    snoozes: count,
    interruptions: count,
    input: payload,
    history: fc.array(entry, { maxLength: 3 }),
    startedAt: time,
    finishedAt: time,
    dueAt: time,
    expiresAt: time,
    redrivenAt: time,
    environmentId: text,
    previousRuns: fc.record({ attempts: count, losses: count, snoozes: count, interruptions: count }),
    lease: fc.record({ owner: text, until: time }),
    cancelRequested: fc.constant(true as const),
    output: payload,
    error: fc.record({ code: text, message: text, retriable: fc.boolean() }),
    tags: fc.array(text, { maxLength: 3 }),
    onFailure: fc.record(
      { ...policy, input: payload, failureField: text },
      { requiredKeys: ['type', 'schema', 'lane', 'timeoutMs', 'retry'] },
    ),
    failureOf: text,
    requestDigest: text,
    forgetAt: time,
    events: fc.constantFrom('none' as const, 'all' as const),
  },
  {
    requiredKeys: [
      'kind',
      'tenant',
      'id',
      'type',
      'schema',
      'lane',
      'timeoutMs',
      'retry',
      'state',
      'version',
      'epoch',
      'createdAt',
      'createdBy',
      'updatedAt',
      'notBefore',
      'attempt',
      'losses',
      'snoozes',
      'input',
      'history',
    ],
    noNullPrototype: true,
  },
)

const gate: fc.Arbitrary<GateRow> = fc.record(
  {
    kind: fc.constant('gate' as const),
    tenant,
    id,
    version: fc.constant(1),
    epoch: count,
    updatedAt: time,
    limits: fc.record({ limit: count }, { requiredKeys: [] }),
    revision: count,
    holders: fc.array(fc.record({ task: text, epoch: count, until: time }), { maxLength: 3 }),
    dueAt: time,
    forgetAt: time,
  },
  {
    requiredKeys: ['kind', 'tenant', 'id', 'version', 'epoch', 'updatedAt', 'limits', 'revision', 'holders'],
    noNullPrototype: true,
  },
)

const unique: fc.Arbitrary<UniqueRow> = fc.record(
  {
    kind: fc.constant('unique' as const),
    tenant,
    id,
    version: fc.constant(1),
    taskId: id,
    at: time,
    digest: text,
    forgetAt: time,
  },
  { requiredKeys: ['kind', 'tenant', 'id', 'version', 'taskId', 'at', 'forgetAt'], noNullPrototype: true },
)

const series: fc.Arbitrary<SeriesRow> = fc
  .record(
    {
      task: fc.record(
        {
          policy: fc.record(policy),
          input: payload,
          tags: fc.array(text, { maxLength: 3 }),
          onFailure: fc.record(
            { ...policy, input: payload, failureField: text },
            { requiredKeys: ['type', 'schema', 'lane', 'timeoutMs', 'retry'] },
          ),
          expiresAfterMs: count,
        },
        { requiredKeys: ['policy', 'input'] },
      ),
      tenant,
      id,
      dueAt: time,
      forgetAt: time,
      skippedCounts: fc.record({ overlap: count, gap: count }, { requiredKeys: [] }),
      open: fc.array(fc.record({ task: text, nominalAt: time, run: text }, { requiredKeys: ['task', 'nominalAt'] }), {
        maxLength: 3,
      }),
    },
    { requiredKeys: ['task', 'tenant', 'id', 'open'], noNullPrototype: true },
  )
  .map((it) => ({
    kind: 'series' as const,
    state: 'active' as const,
    version: 1,
    epoch: 1,
    createdAt: 0,
    createdBy: 'user:alice',
    updatedAt: 0,
    revision: 1,
    schedule: { recurrence: { cron: '0 9 * * *' }, timeZone: 'UTC', anchor: 0 },
    overlap: 'skip' as const,
    catchUp: { policy: 'last' as const },
    cursor: { after: 0 },
    startedCount: 1,
    succeededCount: 0,
    failedCount: 0,
    ...it,
  }))

/** Any row. */
export const row: fc.Arbitrary<Row> = fc.oneof(
  { weight: 4, arbitrary: task },
  { weight: 1, arbitrary: gate },
  { weight: 1, arbitrary: unique },
  { weight: 1, arbitrary: series },
  {
    weight: 1,
    arbitrary: fc
      .record(
        { tenant, createdAt: time, swept: fc.record({ at: time, id: fc.constantFrom('', 'a') }), visitedUntil: time },
        { requiredKeys: ['tenant', 'createdAt', 'swept'], noNullPrototype: true },
      )
      .map((it): Row => ({ kind: 'tenant', id: it.tenant, version: 1, ...it })),
  },
)
