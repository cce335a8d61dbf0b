import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../../core/refusal.ts'
import type { Amendment } from '../../../core/task/command.ts'
import { taskConsequences } from '../../../core/task/consequences.ts'
import { decideTask } from '../../../core/task/decide.ts'
import { eventNameOf } from '../../../core/task/event.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { changesBy, NEW } from './changes.ts'
import { commandOf, create, GATE, KEY, LATER, NOON, nextRow } from './rows.ts'

const MINUTE = 60_000
const far = { notBefore: NOON + 60 * MINUTE }
const scheduled = nextRow(undefined, create({ ...far, expiresAt: NOON + 70 * MINUTE }))
const pending = nextRow(undefined, create({ ...far, ready: false, expiresAt: NOON + 70 * MINUTE }))
const amended = (row: TaskRow, amendment: Amendment, at = NOON + MINUTE): TaskRow =>
  nextRow(row, { name: 'amend', at, by: 'user:b', reason: 'because', amendment })

describe('a scheduled task', () => {
  test('keeps its wake-up when its time does not change, and records the amendment', () => {
    const row = amended(scheduled, { input: { inline: 2 }, schema: 4, tags: ['a'], retry: { policy: 'none' }, priority: 'high' })
    expect(row).toMatchObject({ input: { inline: 2 }, schema: 4, tags: ['a'], retry: { policy: 'none' }, priority: 'high' })
    expect(row).toMatchObject({ state: 'scheduled', version: 2, epoch: 1, dueAt: far.notBefore, notBefore: far.notBefore })
    expect(row.history.at(-1)).toMatchObject({ by: 'user:b', reason: 'because' })
    expect(eventNameOf(scheduled, row)).toBe('amended')
    expect(taskConsequences(scheduled, row)).toEqual([])
  })

  test('is armed again for another time, and its deadline moves by the same amount', () => {
    const row = amended(scheduled, { notBefore: NOON + 90 * MINUTE })
    expect(row).toMatchObject({ epoch: 2, dueAt: NOON + 90 * MINUTE, expiresAt: NOON + 100 * MINUTE })
    expect(taskConsequences(scheduled, row).map(({ kind }) => kind)).toEqual(['disarm', 'arm'])
    expect(eventNameOf(scheduled, row)).toBe('amended')
  })

  test('is due now at a past time', () =>
    expect(amended(scheduled, { notBefore: 0 })).toMatchObject({ notBefore: NOON + MINUTE, dueAt: NOON + MINUTE }))

  test('gets another deadline, counted from its new time, or no deadline', () => {
    expect(amended(scheduled, { expiresAfterMs: 5 }).expiresAt).toBe(far.notBefore + 5)
    expect(amended(scheduled, { expiresAfterMs: 5, notBefore: NOON + 2 * MINUTE }).expiresAt).toBe(NOON + 2 * MINUTE + 5)
    expect(amended(scheduled, { expiresAfterMs: 'never' })).not.toHaveProperty('expiresAt')
  })

  test('loses its tags and its gate when the request has none', () => {
    const row = { ...scheduled, tags: ['a'], gate: { key: 'k', limit: 1 } }
    const bare = amended(row, { tags: [], gate: 'none' })
    expect(bare).not.toHaveProperty('tags')
    expect(bare).not.toHaveProperty('gate')
    expect(amended(scheduled, { gate: { key: 'other', limit: 2 } }).gate).toEqual({ key: 'other', limit: 2 })
  })
})

describe('a pending task', () => {
  test('stays pending at any time, and wakes only for its deadline', () => {
    const row = amended(pending, { notBefore: NOON + 90 * MINUTE, input: { inline: 2 } })
    expect(row).toMatchObject({ state: 'pending', notBefore: NOON + 90 * MINUTE, dueAt: NOON + 100 * MINUTE, epoch: 2 })
    expect(eventNameOf(pending, row)).toBe('amended')
    const free = amended(pending, { expiresAfterMs: 'never' })
    expect(free).not.toHaveProperty('dueAt')
    expect(taskConsequences(pending, free).map(({ kind }) => kind)).toEqual(['disarm'])
  })
})

describe('a task that is blocked at a gate', () => {
  const due = nextRow(undefined, create({ expiresAt: NOON + 70 * MINUTE }))
  const blocked = nextRow({ ...due, gate: { key: 'a', limit: 1 } }, commandOf('block', due, NOON))

  test('keeps its place when only its input is amended', () => {
    const row = amended(blocked, { input: { inline: 2 }, gate: { key: 'a', limit: 1 } })
    expect(row).toMatchObject({ blocked: blocked.blocked, gates: blocked.gates, queuedAt: NOON, epoch: blocked.epoch })
    expect(eventNameOf(blocked, row)).toBe('amended')
    expect(taskConsequences(blocked, row)).toEqual([])
  })

  test.each<[string, Amendment, number]>([
    ['another time', { notBefore: NOON + 5 * MINUTE }, NOON + 5 * MINUTE],
    ['another gate', { gate: { key: 'b', limit: 1 } }, NOON + MINUTE],
  ])('leaves the waitlist for %s, and is due again', (_, amendment, dueAt) => {
    const row = amended(blocked, amendment)
    for (const gone of ['blocked', 'gates', 'queuedAt']) expect(row).not.toHaveProperty(gone)
    expect(row).toMatchObject({ state: 'scheduled', dueAt, epoch: row.version })
    const kinds = taskConsequences(blocked, row).map(({ kind }) => kind)
    expect(kinds).toContain('leaveWaitlist')
    expect(kinds.filter((kind) => kind === 'send')).toHaveLength(1)
  })
})

describe('a task that has started', () => {
  const running = nextRow(scheduled, commandOf('claim', scheduled, far.notBefore))
  const put = nextRow(running, commandOf('retry', running, far.notBefore))
  const redriven = nextRow(nextRow(scheduled, commandOf('cancel', scheduled, NOON)), { name: 'redrive', at: NOON, by: 'user:a' })

  test.each([
    ['and is retried', put],
    ['before a redrive', redriven],
    ['and is running', running],
  ])('%s, cannot be amended', (_, row) => {
    const answer = decideTask(KEY, row, { name: 'amend', at: NOON, by: 'user:b', amendment: { input: { inline: 2 } } })
    expect(isRefusal(answer) && answer.refused).toBe('notAllowed')
  })
})

test('the document of a replaced input is discarded, and that of an unchanged input is not', () => {
  const large = nextRow(undefined, create({ input: { document: 'd1', bytes: 500 } }))
  const row = amended(large, { input: { document: 'x.d1', bytes: 500 } })
  expect(taskConsequences(large, row)).toEqual([{ kind: 'discard', row: large, documents: ['d1'] }])
  expect(taskConsequences(large, amended(large, { tags: ['a'] }))).toEqual([])
})

describe('an amendment changes these fields of a task, and no other', () => {
  const plain = nextRow(undefined, create())
  const expiring = nextRow(undefined, create({ expiresAt: NOON + 60 * MINUTE }))
  const watched = nextRow(plain, commandOf('watch', plain, NOON))
  const redelivered = nextRow(watched, commandOf('rearm', watched, NOON))
  const blocked = nextRow(plain, commandOf('block', plain, NOON))
  const admitted = nextRow(blocked, { name: 'admit', at: NOON, by: 'system:gate', gate: GATE })

  const cases: readonly (readonly [string, TaskRow, Amendment, object, (readonly string[])?])[] = [
    ['of nothing', expiring, {}, {}],
    [
      'of the tags and the gate',
      scheduled,
      { tags: ['a'], gate: { key: 'k', limit: 1 } },
      { tags: ['a'], gate: { key: 'k', limit: 1 } },
    ],
    [
      'that removes both',
      { ...scheduled, tags: ['a'], gate: { key: 'k', limit: 1 } },
      { tags: [], gate: 'none' },
      {},
      ['gate', 'tags'],
    ],
    [
      'of the time: it forgets redeliveries and the watch',
      redelivered,
      { notBefore: LATER + 1 },
      { epoch: NEW, notBefore: LATER + 1, dueAt: LATER + 1 },
      ['redeliveries', 'watched'],
    ],
    ['of another field keeps them', redelivered, { priority: 'low' }, { priority: 'low' }],
    [
      'of a blocked task that keeps its gate',
      { ...blocked, gate: { key: 'one', limit: 1 } },
      { gate: { key: 'one', limit: 2 } },
      { gate: { key: 'one', limit: 2 } },
    ],
    [
      'of a blocked task that loses its gate',
      { ...blocked, gate: { key: 'one', limit: 1 } },
      { gate: 'none' },
      { epoch: NEW, dueAt: LATER },
      ['blocked', 'gate', 'gates', 'queuedAt'],
    ],
    [
      'of an admitted task that gets a gate',
      admitted,
      { gate: { key: 'two', limit: 1 } },
      { epoch: NEW, dueAt: LATER, gate: { key: 'two', limit: 1 } },
      ['gates', 'queuedAt'],
    ],
    [
      'of the deadline of a blocked task: it wakes for it',
      blocked,
      { expiresAfterMs: 180 * MINUTE },
      { epoch: NEW, dueAt: NOON + 180 * MINUTE, expiresAt: NOON + 180 * MINUTE },
    ],
  ]
  test.each(cases.map(([name, row, amendment, set, gone = []]) => ({ name, row, amendment, set, gone })))(
    '$name',
    ({ row, amendment, set, gone }) => {
      const { entry: _, ...changed } = changesBy(row, { name: 'amend', at: LATER, by: 'user:b', amendment })
      expect(changed).toStrictEqual({ set, gone })
    },
  )
})
