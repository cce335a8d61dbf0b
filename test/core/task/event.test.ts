import { expect, test } from 'vitest'
import { taskConsequences } from '../../../core/task/consequences.ts'
import { eventNameOf, eventOf } from '../../../core/task/event.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, LATER, NOON, nextRow, POLICY, quarantined, rowIn } from './rows.ts'

const step = (state: Parameters<typeof rowIn>[0], verb: Parameters<typeof commandOf>[0]): readonly [TaskRow, TaskRow] => {
  const before = rowIn(state)
  return [before, nextRow(before, commandOf(verb, before))]
}

test.each([
  ['pending', 'ready', 'ready'],
  ['scheduled', 'reschedule', 'rescheduled'],
  ['scheduled', 'hold', 'held'],
  ['scheduled', 'claim', 'started'],
  ['running', 'claim', 'started'],
  ['running', 'cancel', 'cancel-requested'],
  ['running', 'retry', 'retried'],
  ['running', 'snooze', 'snoozed'],
  ['running', 'wait', 'waiting'],
  ['scheduled', 'rearm', 'rearmed'],
  ['running', 'rearm', 'rearmed'],
  ['waiting', 'resume', 'resumed'],
  ['running', 'succeed', 'succeeded'],
  ['running', 'fail', 'failed'],
  ['running', 'conflict', 'conflicted'],
  ['scheduled', 'cancel', 'cancelled'],
  ['scheduled', 'expire', 'expired'],
  ['scheduled', 'skip', 'skipped'],
  ['failed', 'redrive', 'redriven'],
] as const)('%s + %s is the event %s', (state, verb, name) => {
  expect(eventNameOf(...step(state, verb))).toBe(name)
})

test('a new task has the event created, failure-task-created or quarantined', () => {
  expect(eventNameOf(undefined, rowIn('scheduled'))).toBe('created')
  expect(eventNameOf(undefined, nextRow(undefined, { ...create(), failureOf: 'a1' }))).toBe('failure-task-created')
  expect(eventNameOf(undefined, quarantined())).toBe('quarantined')
})

test('a second cancel request to a running task has no event', () => {
  const [, asked] = step('running', 'cancel')
  expect(eventNameOf(asked, nextRow(asked, commandOf('cancel', asked)))).toBeUndefined()
})

test('a second cancel request at another time has no event', () => {
  const [, asked] = step('running', 'cancel')
  const [before, after] = [asked, nextRow(asked, commandOf('cancel', asked, NOON))]
  expect(eventNameOf(before, after)).toBeUndefined()
})

test('an event has the shape of CloudEvents, and its id is always the same', () => {
  const [before, after] = step('running', 'succeed')
  const event = eventOf(before, after)
  expect(event).toMatchObject({
    specversion: '1.0',
    id: 'task1-3',
    type: 'carillon.task.succeeded',
    subject: 'task1',
    sequence: '0000000003',
  })
  expect(event).toEqual(eventOf(before, after))
})

test.each([
  ['none', 0, 0],
  ['terminal', 0, 1],
  ['all', 1, 1],
] as const)('at level %s, %i events of a start and %i events of an end are published', (events, starts, ends) => {
  const row = nextRow(undefined, create({ policy: { ...POLICY, events } }))
  const running = nextRow(row, commandOf('claim', row, NOON))
  const done = nextRow(running, commandOf('succeed', running, LATER))
  const publishedCount = (before: TaskRow, after: TaskRow) =>
    taskConsequences(before, after).filter((effect) => effect.kind === 'publish').length
  expect(publishedCount(row, running)).toBe(starts)
  expect(publishedCount(running, done)).toBe(ends)
})
