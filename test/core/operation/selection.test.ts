import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import type { OperationCommand } from '../../../core/operation/command.ts'
import { ACTIONS, type BulkOperation, type BulkRequest } from '../../../core/operation/row.ts'
import { commandFor, isHandledBy, isSelected } from '../../../core/operation/selection.ts'
import { isRefusal } from '../../../core/refusal.ts'
import type { CallerCommand } from '../../../core/task/command.ts'
import { TASK_STATES, type TaskRow } from '../../../core/task/row.ts'
import { create, NOON, nextRow, RETENTION_MS, rowIn } from '../task/rows.ts'
import { becomes, start } from './rows.ts'

const operation = (order: Partial<BulkRequest> = {}) => becomes(undefined, { ...start(order), at: NOON })
const selects = (given: BulkOperation, row: TaskRow) => isSelected(given, row, NOON, RETENTION_MS)

/** The command for a row, and the row after it. */
const commanded = (
  row: TaskRow,
  order: Partial<BulkRequest>,
  at = NOON,
): { readonly command: CallerCommand; readonly after: TaskRow } => {
  const command = commandFor(operation(order), row, at, RETENTION_MS)
  if (isRefusal(command)) throw new Error(command.message)
  return { command, after: nextRow(row, command) }
}

describe('a bulk operation selects a task', () => {
  test.each(ACTIONS)('for %s in exactly the states that allow the command', (action) => {
    const states = TASK_STATES.filter((state) => selects(operation({ action }), rowIn(state)))
    const expected = {
      cancel: ['pending', 'scheduled', 'running', 'waiting'],
      redrive: ['failed', 'conflicted', 'expired', 'cancelled'],
      reschedule: ['scheduled'],
      hold: ['scheduled'], // a running one only when its worker is lost
      ready: ['pending'],
    }[action]
    expect(states).toEqual(expected)
  })

  test.each<[string, BulkRequest['filter'], boolean]>([
    ['its type', { type: 'greet' }, true],
    ['another type', { type: 'copy' }, false],
    ['its state', { state: 'scheduled' }, true],
    ['another state', { state: 'failed' }, false],
    ['its tag', { tag: 'blue' }, true],
    ['another tag', { tag: 'red' }, false],
    ['a period that begins at its time', { from: NOON }, true],
    ['a period that ends at its time', { to: NOON }, false],
    ['an error code that it does not have', { errorCode: 'Boom' }, false],
    ['nothing', {}, true],
    ['its type and another tag', { type: 'greet', tag: 'red' }, false],
  ])('if it matches the filter: %s', (_, filter, fits) => {
    expect(selects(operation({ filter }), nextRow(undefined, create({ tags: ['blue'] })))).toBe(fits)
  })

  test.each<[string, Partial<BulkRequest>, TaskRow]>([
    [
      'a task whose worker has been asked to cancel it',
      {},
      nextRow(rowIn('running'), { name: 'cancel', at: NOON, by: 'u', retentionMs: 1 }),
    ],
    ['an unreadable message', { action: 'redrive', filter: {} }, { ...rowIn('failed'), type: 'carillon.quarantine' }],
  ])('not if it would refuse the command: %s', (_, order, row) => {
    expect(selects(operation(order), row)).toBe(false)
  })

  test('and says why not', () => {
    const refusalFor = (order: Partial<BulkRequest>, row: TaskRow) => commandFor(operation(order), row, NOON, RETENTION_MS)
    expect(refusalFor({ filter: { type: 'copy' } }, rowIn('scheduled'))).toEqual({
      refused: 'notAllowed',
      message: 'task task1 is scheduled and no longer matches the filter',
      state: 'scheduled',
    })
    const asked = nextRow(rowIn('running'), { name: 'cancel', at: NOON, by: 'u', retentionMs: 1 })
    expect(refusalFor({}, asked)).toEqual({
      refused: 'unchanged',
      message: 'the worker of task task1 has been asked to cancel it already',
      state: 'running',
    })
  })

  test('by the code of its error', () => {
    const order = { action: 'redrive', filter: { errorCode: 'Broken' } } as const
    expect(selects(operation(order), rowIn('failed'))).toBe(true)
  })

  test('unless it was created after the operation started', () => {
    const made = (at: number) => nextRow(undefined, create({ at, notBefore: at }))
    expect(selects(operation(), made(NOON))).toBe(true)
    expect(selects(operation(), made(NOON + 1))).toBe(false)
  })

  test('only once: its row records the operation, whatever else has happened since', () => {
    const { after } = commanded(rowIn('scheduled'), { action: 'reschedule', notBefore: NOON + 60_000 })
    expect(isHandledBy(after, 'op1')).toBe(true)
    expect(isHandledBy(after, 'op')).toBe(false)
    expect(selects(operation({ action: 'reschedule' }), after)).toBe(false)
    const commandedByOther = nextRow(after, { name: 'hold', at: NOON, by: 'user:alice via operation:op2', operation: 'op2' })
    expect(isHandledBy(commandedByOther, 'op1')).toBe(true)
    const busy = Array.from({ length: LIMITS.historyCount }).reduce<TaskRow>(
      (row, _, index) => nextRow(row, { name: 'reschedule', at: NOON + index, by: 'user:bob', notBefore: NOON + index }),
      after,
    )
    expect(busy.history.some(({ by }) => by.includes('op1'))).toBe(false)
    expect(isHandledBy(busy, 'op1')).toBe(true)
  })
})

describe('the command of a bulk operation', () => {
  test('names the caller, the operation and the reason', () => {
    const { after } = commanded(rowIn('scheduled'), { reason: 'wrong month' })
    expect(after.history.at(-1)).toMatchObject({
      state: 'cancelled',
      by: 'user:alice via operation:op1',
      reason: 'wrong month',
    })
    expect(after.operation).toBe('op1')
  })

  test('sets a new time within the spread, the same for every repeat', () => {
    const order = { action: 'reschedule', notBefore: NOON + 60_000, spreadMs: 600_000 } as const
    const timesOf = () =>
      Array.from({ length: 200 }, (_, index) => {
        const { command } = commanded({ ...rowIn('scheduled'), id: `t${index}` }, order)
        return (command as Extract<CallerCommand, { name: 'reschedule' }>).notBefore
      })
    const times = timesOf()
    expect(timesOf()).toEqual(times)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(NOON + 60_000)
    expect(Math.max(...times)).toBeLessThan(NOON + 660_000)
    const firstHalfCount = times.filter((time) => time < NOON + 360_000).length
    expect(firstHalfCount).toBeGreaterThan(60)
    expect(firstHalfCount).toBeLessThan(140)
  })

  test('makes a task ready at its own time when no time is given', () => {
    const { command, after } = commanded(rowIn('pending'), { action: 'ready' })
    expect(command).not.toHaveProperty('notBefore')
    expect(after).toMatchObject({ state: 'scheduled', notBefore: NOON })
  })

  test('makes a task ready in the environment in which the operation started, wherever it continues', () => {
    const home = becomes(undefined, { ...start({ action: 'ready' }), environmentId: 'production' } as OperationCommand)
    expect(commandFor(home, rowIn('pending'), NOON, RETENTION_MS)).toMatchObject({ name: 'ready', environmentId: 'production' })
  })

  test.each<[string, TaskRow, Partial<BulkRequest>, string]>([
    ['does not match any more', rowIn('running'), { filter: { state: 'scheduled' } }, 'no longer matches the filter'],
    [
      'has a cancel request already',
      nextRow(rowIn('running'), { name: 'cancel', at: NOON, by: 'user:bob', retentionMs: 1 }),
      {},
      'has been asked to cancel it already',
    ],
    [
      'is an unreadable message',
      { ...rowIn('failed'), type: 'carillon.quarantine' },
      { action: 'redrive', filter: {} },
      'no handler can run it',
    ],
  ])('is refused when the task %s', (_, row, order, words) => {
    const refusal = commandFor(operation(order), row, NOON, RETENTION_MS)
    expect(isRefusal(refusal) && refusal.message).toContain(words)
  })
})
