import { describe, expect, test } from 'vitest'
import { apply, created, definition, end, HOUR, MINUTE, openHours, refusedOrNext, T0, wake } from './series.ts'

describe('a trigger', () => {
  test('is refused when a task is open and the policy is skip, unless it says allow', () => {
    const row = created()
    expect(refusedOrNext(row, T0 + 1, { name: 'trigger', run: 't2' })).toMatchObject({ refused: 'busy' })
    expect(apply(row, T0 + 1, { name: 'trigger', run: 't2', overlap: 'allow' }).open).toHaveLength(2)
  })
  test('does not move the schedule', () => {
    const row = end(created(), T0 + 1)
    const triggered = apply(row, T0 + MINUTE, { name: 'trigger', run: 't3' })
    expect(triggered).toMatchObject({ dueAt: T0 + HOUR, startedCount: 1, epoch: row.epoch })
  })
})

describe('a backfill', () => {
  test('makes each occurrence of the period once, one after another', () => {
    const given = { name: 'backfill', run: 'b1', from: T0 + HOUR, to: T0 + 3 * HOUR, overlap: 'bufferAll' } as const
    let row = apply(end(wake(end(created(), T0 + 1), T0 + 5 * HOUR), T0 + 5.1 * HOUR), T0 + 5.2 * HOUR, given)
    expect(refusedOrNext(row, T0 + 5.2 * HOUR, { ...given, run: 'b2' })).toMatchObject({ refused: 'notAllowed' })
    const hours = []
    for (let at = T0 + 5.3 * HOUR; row.open.length > 0; at += MINUTE) {
      hours.push(...openHours(row))
      expect(row.open).toMatchObject([{ run: 'b1' }])
      row = end(row, at)
    }
    expect(hours).toEqual([1, 2, 3])
    expect(row.backfill).toBeUndefined()
  })
})

describe('a deleted series', () => {
  test('cancels its open tasks when it is told to', () => {
    const deleted = apply(created(), T0 + 1, { name: 'delete', openTasks: 'cancel', retentionMs: HOUR })
    expect(deleted).toMatchObject({ state: 'deleted', forgetAt: T0 + 1 + HOUR, open: [{ cancelled: true }] })
    expect(deleted.dueAt).toBeUndefined()
    expect(refusedOrNext(deleted, T0 + 2, { name: 'pause' })).toMatchObject({ refused: 'unknown' })
    expect(end(deleted, T0 + 2, 'cancelled')).toMatchObject({ state: 'deleted', open: [] })
  })
  test('that is defined again under the same id runs', () => {
    const deleted = apply(end(created(), T0 + 1), T0 + 2, { name: 'delete', openTasks: 'keep', retentionMs: HOUR })
    const again = apply(deleted, T0 + 2, { name: 'define', definition: definition() })
    expect(again).toMatchObject({ state: 'active', version: deleted.version + 1, revision: 1, startedCount: 1 })
    expect(again.open[0]?.task).not.toBe(created().open[0]?.task)
    expect(again.forgetAt).toBeUndefined()
  })
})
