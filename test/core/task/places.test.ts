import { describe, expect, test } from 'vitest'
import { hash32 } from '../../../core/hash.ts'
import { LIMITS } from '../../../core/limits.ts'
import { gatesOf, taskKeyOf, taskRef, waitlistPlaceOf } from '../../../core/task/gating.ts'
import {
  agendaRangeOf,
  isFarSample,
  isFarTask,
  matchesFilter,
  needsVisit,
  needsWatch,
  overdueAt,
  placesOf,
  type TaskFilter,
} from '../../../core/task/places.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, GATE, LEASE_MS, NOON, nextRow, rowIn } from './rows.ts'

const HOUR = 3_600_000
const LEASE_END = NOON + LEASE_MS
const scheduled = nextRow(undefined, create())
const far = nextRow(undefined, create({ notBefore: NOON + HOUR }))
const pending = nextRow(undefined, create({ ready: false }))
const expiring = rowIn('pending')
const running = nextRow(scheduled, commandOf('claim', scheduled, NOON))
const retried = nextRow(running, commandOf('snooze', running, NOON))
const again = nextRow(retried, commandOf('claim', retried, NOON + 60_000))
const watched = nextRow(scheduled, commandOf('watch', scheduled, NOON))
const watchedRun = nextRow(running, commandOf('watch', running, NOON))
const blocked = nextRow(scheduled, commandOf('block', scheduled, NOON))
const blockedUntil = { ...blocked, dueAt: NOON + 5 }
const RECOVERY = NOON + LIMITS.gateRecoveryMs

type Case = readonly [name: string, row: TaskRow, watch: number | undefined, watchLater: boolean, overdue: number | undefined]

describe('a task is on the watch, must be put there by the sweep, and is overdue', () => {
  test.each<Case>([
    // The walk over the agenda finds a task that is still at its own time.
    ['scheduled', scheduled, undefined, true, NOON],
    ['far: it is listed, and leaves the watch with its claim', far, NOON + HOUR, true, NOON + HOUR],
    ['pending: nothing wakes it', pending, undefined, false, undefined],
    ['pending with a deadline', expiring, NOON + HOUR, false, NOON + HOUR],
    ['pending with a deadline at its own time', { ...pending, dueAt: NOON }, NOON, false, NOON],
    ['running for the first time', running, undefined, true, LEASE_END],
    ['running again, at another time', again, NOON + 60_000 + LEASE_MS, false, NOON + 60_000 + LEASE_MS],
    ['at another time', retried, NOON + 60_000, false, NOON + 60_000],
    ['watched', watched, NOON, false, NOON],
    ['watched while it runs', watchedRun, LEASE_END, false, LEASE_END],
    ['waiting without an end', rowIn('waiting'), undefined, false, undefined],
    ['waiting up to a time', nextRow(running, commandOf('wait', running, NOON)), NOON + 60_000, false, NOON + 60_000],
    ['blocked: its gate wakes it', blocked, RECOVERY, false, RECOVERY],
    ['blocked with a deadline', blockedUntil, NOON + 5, false, NOON + 5],
    ['blocked with a deadline at its own time', { ...blocked, dueAt: NOON }, NOON, false, NOON],
    ['blocked with a late deadline', { ...blocked, dueAt: RECOVERY + 5 }, RECOVERY, false, RECOVERY],
    ['ended', rowIn('succeeded'), undefined, false, undefined],
    ['ended, with a due time', { ...rowIn('failed'), dueAt: NOON + 5 }, undefined, false, undefined],
    ['running without a lease', (({ lease: _, ...row }) => row)({ ...again }), undefined, false, undefined],
  ])('%s', (_, row, watch, watchLater, overdue) => {
    expect(placesOf(row).watch).toBe(watch)
    expect(needsWatch(row)).toBe(watchLater)
    expect(needsVisit(row)).toBe(watchLater && watch === undefined)
    expect(overdueAt(row)).toBe(overdue)
    expect(placesOf(row).agenda).toBe(row.notBefore)
  })
})

const idWhere = (isIn: boolean): string =>
  Array.from({ length: 10_000 }, (_, index) => `t${index}`).find((id) => isIn === (hash32(id) % LIMITS.farSampleCount === 0)) ??
  ''
const sampled = idWhere(true)

describe('a task is in the index of attention', () => {
  test.each<readonly [string, TaskRow, string | undefined]>([
    ...(['failed', 'conflicted', 'waiting', 'expired'] as const).map((state) => [state, rowIn(state), state] as const),
    ...(['pending', 'scheduled', 'running', 'succeeded', 'cancelled', 'skipped'] as const).map(
      (state) => [state, { ...(state === 'pending' ? pending : rowIn(state)), id: sampled }, undefined] as const,
    ),
    ['far, in the sample', { ...far, id: sampled }, 'far'],
    ['far, not in the sample', { ...far, id: idWhere(false) }, undefined],
  ])('%s', (_, row, attention) => expect(placesOf(row).attention).toBe(attention))

  test('the sample is one of so many ids', () => {
    expect([isFarSample(sampled), isFarSample(idWhere(false))]).toEqual([true, false])
  })
})

test.each<readonly [string, TaskRow, boolean]>([
  ['far', far, true],
  ['near', scheduled, false],
  ['at the limit of a message', nextRow(undefined, create({ notBefore: NOON + LIMITS.queueDelayMs })), false],
  ['beyond it', nextRow(undefined, create({ notBefore: NOON + LIMITS.queueDelayMs + 1 })), true],
  ['pending and far', nextRow(undefined, create({ ready: false, notBefore: NOON + HOUR })), true],
  ['pending with a far deadline', expiring, true],
  ['pending', pending, false],
  ['far and waiting', { ...rowIn('waiting'), dueAt: NOON + HOUR }, false],
  ['scheduled without a wake-up', blocked, false],
])('a task is an open far task: %s', (_, row, isFar) => expect(isFarTask(row)).toBe(isFar))

describe('a filter', () => {
  const row = { ...rowIn('failed'), tags: ['a', 'b'] }
  test.each<readonly [TaskFilter, boolean]>([
    [{}, true],
    [{ state: 'failed' }, true],
    [{ state: 'running' }, false],
    [{ type: 'greet' }, true],
    [{ type: 'copy' }, false],
    [{ tag: 'b' }, true],
    [{ tag: 'c' }, false],
    [{ from: NOON }, true],
    [{ from: NOON + 1 }, false],
    [{ to: NOON + 1 }, true],
    [{ to: NOON }, false],
    [{ errorCode: 'Broken' }, true],
    [{ errorCode: 'Other' }, false],
    [{ state: 'failed', type: 'greet', tag: 'a', from: NOON, to: NOON + 1, errorCode: 'Broken' }, true],
  ])('%j matches the task: %s', (filter, isMatch) => expect(matchesFilter(row, filter)).toBe(isMatch))

  test('by tag or error matches no task without any', () => {
    expect(matchesFilter(scheduled, { tag: 'a' })).toBe(false)
    expect(matchesFilter(scheduled, { errorCode: 'Broken' })).toBe(false)
  })

  test.each<readonly [TaskFilter, object]>([
    [{}, {}],
    [
      { from: 1, to: 2, type: 'greet' },
      { from: 1, to: 2 },
    ],
    ...(['failed', 'conflicted', 'waiting', 'expired'] as const).map((state) => [{ state }, { attention: state }] as const),
    [{ state: 'running' }, {}],
    [{ errorCode: 'DeadLettered' }, { attention: 'failed' }],
    [{ errorCode: 'UnreadableMessage' }, { attention: 'failed' }],
    [{ errorCode: 'Broken' }, {}],
    [{ errorCode: 'DeadLettered', state: 'running' }, {}],
  ])('%j reads this part of the agenda: %j', (filter, range) => expect(agendaRangeOf(filter)).toEqual(range))
})

test('a task has its reference and its gates', () => {
  expect(taskRef(scheduled)).toBe('acme/task1')
  expect(taskKeyOf('acme/task1')).toEqual({ kind: 'task', tenant: 'acme', id: 'task1' })
  expect(gatesOf(blocked)).toEqual(['acme/key.narrow', GATE])
  expect(gatesOf(scheduled)).toEqual([])
  expect(waitlistPlaceOf(scheduled)).toBeUndefined()
  expect(waitlistPlaceOf({ ...blocked, priority: 'high' })).toBe(`${String(NOON).padStart(16, '0')}#acme/task1`)
  expect(waitlistPlaceOf((({ queuedAt: _, ...row }) => row)(blocked))).toBeUndefined()
})
