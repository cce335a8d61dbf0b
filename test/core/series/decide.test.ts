import { describe, expect, test } from 'vitest'
import type { SeriesDefinition } from '../../../core/series/row.ts'
import { apply, created, definition, end, HOUR, MINUTE, openHours, refusedOrNext, T0, wake } from './series.ts'

const hourly = definition().schedule

describe('a series', () => {
  test('starts its first occurrence, and is due at the next', () => {
    const row = created()
    expect(openHours(row)).toEqual([0])
    expect(row).toMatchObject({ state: 'active', version: 1, epoch: 1, revision: 1, startedCount: 1, dueAt: T0 + HOUR })
  })

  test('starts each occurrence once, whatever comes twice', () => {
    const first = end(created(), T0 + MINUTE)
    const second = wake(first)
    expect(openHours(second)).toEqual([1])
    expect(refusedOrNext(second, T0 + HOUR, { name: 'occur', epoch: first.epoch })).toMatchObject({ refused: 'superseded' })
    expect(new Set([first.last?.task, second.open[0]?.task]).size).toBe(2)
  })

  test('is never early', () => {
    const row = end(created(), T0 + MINUTE)
    expect(refusedOrNext(row, T0 + HOUR - 1, { name: 'occur', epoch: row.epoch })).toMatchObject({
      refused: 'early',
      retryAt: T0 + HOUR,
    })
  })

  test('completes at its end and after maxOccurrences', () => {
    const ended = created({ schedule: { ...hourly, endAt: T0 + HOUR } })
    expect(wake(end(ended, T0 + MINUTE))).toMatchObject({ state: 'completed', startedCount: 2 })
    expect(created({ maxOccurrences: 1 })).toMatchObject({ state: 'completed', startedCount: 1 })
    expect(created({ maxOccurrences: 1 }).dueAt).toBeUndefined()
  })
})

describe('an occurrence that is due while a task is open', () => {
  const overlap = (policy: SeriesDefinition['overlap'], hours = 2) => {
    let row = created({ overlap: policy })
    for (let hour = 1; hour <= hours; hour++) row = wake(row)
    return row
  }
  test.each([
    ['skip', { skippedCounts: { overlap: 2 } }],
    ['bufferOne', { buffer: [{ nominalAt: T0 + HOUR }], skippedCounts: { overlap: 1 } }],
    ['bufferAll', { buffer: [{ nominalAt: T0 + HOUR }, { nominalAt: T0 + 2 * HOUR }] }],
    ['cancelOther', { buffer: [{ nominalAt: T0 + 2 * HOUR }], skippedCounts: { replaced: 1 }, open: [{ cancelled: true }] }],
  ] as const)('%s', (policy, expected) => {
    const row = overlap(policy)
    expect(row).toMatchObject(expected)
    expect(row.open).toHaveLength(1)
  })
  test('allow', () => expect(openHours(overlap('allow'))).toEqual([0, 1, 2]))
  test('a waiting occurrence starts at the end of the task', () => {
    const row = end(overlap('bufferAll'), T0 + 2.5 * HOUR)
    expect(openHours(row)).toEqual([1])
    expect(openHours(end(row, T0 + 2.6 * HOUR))).toEqual([2])
  })
  test('the buffer and the open tasks are bounded', () => {
    expect(overlap('bufferAll', 102)).toMatchObject({ skippedCounts: { bufferFull: 2 } })
    expect(overlap('allow', 101)).toMatchObject({ skippedCounts: { tooManyOpen: 2 } })
  })
})

describe('catch-up after twelve hours without a wake-up', () => {
  const late = (catchUp: SeriesDefinition['catchUp'], more: Partial<SeriesDefinition> = {}) =>
    wake(end(created({ catchUp, ...more }), T0 + MINUTE), T0 + 12.5 * HOUR)
  test('none: all are skipped', () => {
    expect(late({ policy: 'none' })).toMatchObject({ open: [], skippedCounts: { missed: 12 }, dueAt: T0 + 13 * HOUR })
  })
  test('last: the last one starts', () => {
    const row = late({ policy: 'last' })
    expect(openHours(row)).toEqual([12])
    expect(row.skippedCounts).toEqual({ missed: 11 })
  })
  test('last: a later occurrence that is on time starts instead', () => {
    const row = wake(end(created(), T0 + MINUTE), T0 + 12 * HOUR + 1_000)
    expect(openHours(row)).toEqual([12])
    expect(row.skippedCounts).toEqual({ missed: 11 })
  })
  test('all: one after another, and only within the window', () => {
    let row = late({ policy: 'all', windowMs: 3 * HOUR })
    const hours = []
    for (let at = T0 + 12.6 * HOUR; row.open.length > 0; at += MINUTE) {
      hours.push(...openHours(row))
      expect(row.open).toHaveLength(1)
      row = end(row, at)
    }
    expect(hours).toEqual([10, 11, 12])
    expect(row.skippedCounts).toEqual({ missed: 9 })
    expect(row.dueAt).toBe(T0 + 13 * HOUR)
  })
  test('all with overlap allow: at a pace', () => {
    let row = late({ policy: 'all' }, { overlap: 'allow' })
    expect(openHours(row)).toEqual([1])
    expect(row.dueAt).toBe(T0 + 12.5 * HOUR + 1_000)
    for (let count = 0; count < 11; count++) row = wake(row)
    expect(openHours(row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })
})

describe('a series with a calendar', () => {
  const exclude = { calendars: ['de-holidays'] }
  const define = { name: 'define', definition: definition({ schedule: { ...hourly, exclude } }) } as const
  const calendars = { 'de-holidays': [{ date: '2026-12-01' }] }
  test('makes no decision without its calendars: it is woken at once', () => {
    const row = apply(undefined, T0, define)
    expect(row).toMatchObject({ open: [], dueAt: T0 })
    expect(openHours(apply(row, T0, { name: 'occur', epoch: row.epoch, calendars }))).toEqual([0])
  })
  test('decides nothing at the end of a task that it could decide otherwise with them', () => {
    const open = apply(undefined, T0, { ...define, calendars })
    const ended = end(open, T0 + 5.5 * HOUR)
    expect(ended).toMatchObject({ open: [], dueAt: T0 + 5.5 * HOUR })
    const woken = apply(ended, T0 + 5.5 * HOUR, { name: 'occur', epoch: ended.epoch, calendars })
    expect(openHours(woken)).toEqual([5])
  })
  test('counts the times that they exclude', () => {
    const open = end(apply(undefined, T0, { ...define, calendars }), T0 + MINUTE)
    let row = open
    // From 09:00 to midnight, then the day after the holiday.
    for (let hour = 1; hour <= 15; hour++)
      row = end(apply(row, row.dueAt ?? 0, { name: 'occur', epoch: row.epoch, calendars }), (row.dueAt ?? 0) + MINUTE)
    expect(row).toMatchObject({ startedCount: 16, skippedCounts: { holiday: 24 } })
    expect(row.last?.nominalAt).toBe(Date.UTC(2026, 11, 2))
  })
})

describe('a pause', () => {
  const pausedFor = (hours: number, more: Partial<SeriesDefinition> = {}) => {
    const paused = apply(end(created(more), T0 + MINUTE), T0 + 2 * MINUTE, { name: 'pause', reason: 'holiday' })
    return { paused, resumed: apply(paused, T0 + hours * HOUR, { name: 'resume' }) }
  }
  test('makes no occurrence and has no wake-up', () => {
    const { paused } = pausedFor(3.5)
    expect(paused).toMatchObject({ state: 'paused', stopped: { by: 'user:alice', reason: 'holiday' } })
    expect(paused.dueAt).toBeUndefined()
  })
  test('resume follows the catch-up policy and counts what was skipped', () => {
    expect(openHours(pausedFor(3.5).resumed)).toEqual([3])
    expect(pausedFor(3.5).resumed.skippedCounts).toEqual({ paused: 2 })
    expect(pausedFor(3.5, { catchUp: { policy: 'none' } }).resumed).toMatchObject({ open: [], skippedCounts: { paused: 3 } })
  })
  test('decides first what was due before it', () => {
    const row = apply(end(created(), T0 + MINUTE), T0 + HOUR, { name: 'pause' })
    expect(openHours(row)).toEqual([1])
  })
  test('a trigger runs while the series is paused', () => {
    const row = apply(pausedFor(2).paused, T0 + HOUR, { name: 'trigger', run: 't5' })
    expect(row.open).toMatchObject([{ nominalAt: T0 + HOUR, run: 't5' }])
  })
})

describe('an edit', () => {
  const every30 = { recurrence: { rate: '30m' }, timeZone: 'UTC', anchor: 0 } as const
  test('loses no occurrence that was due before it', () => {
    const row = end(created(), T0 + MINUTE)
    const edited = apply(row, T0 + HOUR + 10, { name: 'define', definition: definition({ schedule: every30 }) })
    expect(openHours(edited)).toEqual([1])
    expect(edited).toMatchObject({ revision: 2, dueAt: T0 + 1.5 * HOUR })
  })
  test('of the input alone neither moves nor repeats an occurrence', () => {
    const row = end(created(), T0 + MINUTE)
    const task = { ...row.task, input: { inline: 'new' } }
    const edited = apply(row, T0 + 30 * MINUTE, { name: 'define', definition: definition({ task }) })
    expect(edited).toMatchObject({ revision: 2, dueAt: T0 + HOUR, epoch: row.epoch, open: [] })
    expect(wake(edited).task.input).toEqual({ inline: 'new' })
  })
  test('that changes nothing is refused as unchanged', () => {
    expect(refusedOrNext(created(), T0 + MINUTE, { name: 'define', definition: definition() })).toMatchObject({
      refused: 'unchanged',
    })
  })
  test('keeps the occurrences that are late and cannot start yet', () => {
    const late = wake(end(created({ catchUp: { policy: 'all' } }), T0 + MINUTE), T0 + 3.5 * HOUR)
    let row = apply(late, T0 + 3.6 * HOUR, {
      name: 'define',
      definition: definition({ schedule: every30, catchUp: { policy: 'all' } }),
    })
    const hours = []
    for (let at = T0 + 3.7 * HOUR; row.open.length > 0; at += MINUTE) {
      hours.push(...openHours(row))
      row = end(row, at)
    }
    expect(hours).toEqual([1, 2, 3])
    expect(row.dueAt).toBe(T0 + 4 * HOUR)
    expect(row.earlier).toBeUndefined()
  })
  test('to a recurrence that counts from the end still makes the late occurrences of the old one', () => {
    const late = wake(end(created({ catchUp: { policy: 'all' } }), T0 + MINUTE), T0 + 3.5 * HOUR)
    const schedule = { ...hourly, mode: 'fixedDelay' } as const
    let row = apply(late, T0 + 3.6 * HOUR, { name: 'define', definition: definition({ schedule, catchUp: { policy: 'all' } }) })
    const hours = []
    for (let at = T0 + 3.7 * HOUR; row.open.length > 0; at += MINUTE) {
      hours.push(...openHours(row))
      row = end(row, at)
    }
    expect(hours).toEqual([1, 2, 3])
    expect(row.dueAt).toBeGreaterThan(T0 + 3.6 * HOUR)
  })
  test('removes a field that the new definition does not have', () => {
    const edited = apply(created({ stopOnError: true }), T0 + 1, { name: 'define', definition: definition() })
    expect(edited.stopOnError).toBeUndefined()
  })
  test('of a completed series goes on when occurrences follow', () => {
    const completed = created({ maxOccurrences: 1 })
    const edited = apply(completed, T0 + MINUTE, { name: 'define', definition: definition({ maxOccurrences: 2 }) })
    expect(edited).toMatchObject({ state: 'active', dueAt: T0 + HOUR })
  })
})

describe('fixed delay', () => {
  const delay = { schedule: { ...hourly, mode: 'fixedDelay' } } as const
  test('counts from the end of the run', () => {
    const row = created(delay)
    expect(row.dueAt).toBeUndefined()
    expect(end(row, T0 + 10 * MINUTE).dueAt).toBe(T0 + HOUR + 10 * MINUTE)
  })
  test('an edit of the input does not start a run', () => {
    const row = end(created(delay), T0 + 10 * MINUTE)
    const edited = apply(row, T0 + 20 * MINUTE, { name: 'define', definition: definition({ ...delay, overlap: 'allow' }) })
    expect(edited).toMatchObject({ open: [], dueAt: T0 + HOUR + 10 * MINUTE })
  })
  test('an edit of the schedule keeps the end of the last run', () => {
    const row = end(created(delay), T0 + 10 * MINUTE)
    const schedule = { ...delay.schedule, recurrence: { rate: '2h' } }
    expect(apply(row, T0 + 20 * MINUTE, { name: 'define', definition: definition({ schedule }) }).dueAt).toBe(T0 + 130 * MINUTE)
  })
})

describe('failures', () => {
  test('a failed occurrence does not stop the series', () => {
    expect(end(created(), T0 + 1, 'failed')).toMatchObject({
      state: 'active',
      failedCount: 1,
      failuresInRow: 1,
      dueAt: T0 + HOUR,
    })
  })
  test('stopOnError stops it until it is resumed', () => {
    const failed = end(created({ stopOnError: true }), T0 + 1, 'failed')
    expect(failed).toMatchObject({ state: 'failed', stopped: { by: 'system:series' } })
    expect(failed.dueAt).toBeUndefined()
    const resumed = apply(failed, T0 + MINUTE, { name: 'resume' })
    expect(resumed).toMatchObject({ state: 'active', dueAt: T0 + HOUR })
    expect(resumed.failuresInRow).toBeUndefined()
  })
  test('a cool-down skips occurrences, then probes once', () => {
    const coolDown = { failures: 2, periodMs: 2.5 * HOUR }
    const twice = end(wake(end(created({ coolDown }), T0 + 1, 'failed')), T0 + HOUR + 1, 'failed')
    expect(twice.dueAt).toBe(T0 + 3.5 * HOUR + 1)
    const cooled = wake(twice)
    expect(cooled).toMatchObject({ skippedCounts: { coolDown: 2 }, open: [], dueAt: T0 + 4 * HOUR })
    const probe = wake(cooled)
    expect(openHours(probe)).toEqual([4])
    expect(end(probe, T0 + 4.1 * HOUR, 'failed').coolUntil).toBe(T0 + 6.6 * HOUR)
    expect(end(probe, T0 + 4.1 * HOUR).coolUntil).toBeUndefined()
  })
})
