import { describe, expect, test } from 'vitest'
import { eventOf, removalOf, taskEvents } from '../../../core/task/event.ts'
import { TASK_STATES, type TaskRow, type TaskVerb, targets } from '../../../core/task/row.ts'
import { commandOf, create, LATER, NOON, nextRow, quarantined, ROWS, readyFor, rowIn, VERBS } from './rows.ts'

/** The event of a change as one line: its name and its data, without the identity of the task. */
const line = (before: TaskRow | undefined, after: TaskRow): string => shown(eventOf(before, after))
const shown = (event: ReturnType<typeof eventOf>): string => {
  if (!event) return 'nothing'
  const { tenant: _, id: __, taskType: ___, version: ____, ...data } = event.data
  return [
    event.type.replace('carillon.task.', ''),
    ...Object.entries(data).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ].join(' ')
}

const transitionCases: readonly (readonly [TaskRow, TaskVerb])[] = ROWS.flatMap((row) =>
  VERBS.filter((verb) => targets(row.state, verb).length > 0).map((verb) => [readyFor(verb, row), verb] as const),
)

describe('the event of each transition', () => {
  test.each(transitionCases.map(([row, verb]) => [row.state, verb, row] as const))('%s + %s', (_, verb, row) => {
    expect(line(row, nextRow(row, commandOf(verb, row)))).toMatchSnapshot()
  })

  test('of a creation', () => {
    expect({
      ready: line(undefined, nextRow(undefined, create())),
      'not ready': line(undefined, nextRow(undefined, create({ ready: false, reason: 'month-end' }))),
      'failure task': line(undefined, nextRow(undefined, create({ failureOf: 'task0', tags: ['night'] }))),
    }).toMatchSnapshot()
  })

  test.each(TASK_STATES.filter((state) => 'forgetAt' in rowIn(state)))('of the removal of a task that ended %s', (state) => {
    expect(shown(removalOf(rowIn(state)))).toMatchSnapshot()
  })
})

test('every event in the table occurs', () => {
  const creations = [create(), create({ failureOf: 'task0' })].map((command) => eventOf(undefined, nextRow(undefined, command)))
  const eventsOfTransitions = transitionCases.map(([row, verb]) => eventOf(row, nextRow(row, commandOf(verb, row))))
  const events = [...creations, ...eventsOfTransitions, eventOf(undefined, quarantined()), removalOf(rowIn('failed'))]
  const names = new Set(events.map((event) => event?.type.replace('carillon.task.', '')))
  expect(Object.keys(taskEvents).filter((name) => !names.has(name))).toEqual([])
})

describe('the dimensions', () => {
  const data = (before: TaskRow | undefined, after: TaskRow) => eventOf(before, after)?.data ?? {}
  const step = (row: TaskRow, verb: TaskVerb) => data(row, nextRow(row, commandOf(verb, row)))
  const claimed = (row: TaskRow) => nextRow(row, commandOf('claim', row))

  test('the first attempt is number 0, also before it starts; the second is number 1, and a redrive starts again at 0', () => {
    const first = claimed(rowIn('scheduled'))
    const retried = nextRow(first, commandOf('retry', first))
    expect(data(undefined, rowIn('scheduled')).attemptNumber).toBe(0)
    expect(data(rowIn('scheduled'), first).attemptNumber).toBe(0)
    expect(data(first, retried).attemptNumber).toBe(0)
    expect(data(retried, nextRow(retried, commandOf('claim', retried, LATER + 60_000))).attemptNumber).toBe(1)
    expect(step(rowIn('failed'), 'redrive').attemptNumber).toBe(0)
  })

  test('a task is ready when it was created ready or made ready, also after its end', () => {
    const pending = rowIn('pending')
    expect(data(undefined, pending).ready).toBe(false)
    expect(step(pending, 'cancel').ready).toBe(false)
    expect(step(pending, 'ready').ready).toBe(true)
    expect(step(rowIn('scheduled'), 'hold').ready).toBe(false)
    expect(step(rowIn('scheduled'), 'cancel').ready).toBe(true)
    expect(removalOf(nextRow(pending, commandOf('cancel', pending))).data.ready).toBe(false)
  })

  test('the total time counts from the creation, the execution time from the start of the ended attempt', () => {
    const running = claimed(rowIn('scheduled'))
    const end = running.updatedAt + 5_000
    const done = nextRow(running, commandOf('succeed', running, end))
    expect(data(running, done)).toMatchObject({ totalMs: end - NOON, executionMs: 5_000 })
    expect(data(rowIn('scheduled'), running)).not.toHaveProperty('executionMs')
  })

  test('no time is negative when a clock is behind', () => {
    const running = claimed(rowIn('scheduled'))
    const done = nextRow(running, commandOf('succeed', running, NOON - 1))
    expect(data(running, done)).toMatchObject({ totalMs: 0, executionMs: 0 })
  })

  test('the result is the state of an ended task, or the outcome of an attempt of an open task', () => {
    expect(step(rowIn('scheduled'), 'cancel').result).toBe('cancelled')
    expect(step(rowIn('running'), 'retry').result).toBe('retried')
    expect(step(rowIn('scheduled'), 'reschedule')).not.toHaveProperty('result')
    expect(step(rowIn('running'), 'cancel')).not.toHaveProperty('result')
  })
})

test('the event of a removed row is the last one, at the end of the retention', () => {
  const row = rowIn('succeeded')
  const event = removalOf(row)
  expect(event).toMatchObject({
    id: `${row.id}-${row.version + 1}`,
    type: 'carillon.task.removed',
    time: new Date(row.forgetAt ?? 0).toISOString(),
    sequence: '0000000004',
    data: { result: 'succeeded', totalMs: (row.forgetAt ?? 0) - row.createdAt },
  })
  expect(event.data).not.toHaveProperty('reason')
  expect(removalOf(row)).toEqual(event)
})
