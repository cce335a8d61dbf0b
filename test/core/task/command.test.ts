import { expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { type CallerCommand, checkCommand } from '../../../core/task/command.ts'
import { NOON, quarantined, rowIn } from './rows.ts'

const by = { at: NOON, by: 'user:alice' }
const last = NOON + LIMITS.horizonMs
const beyond = {
  refused: 'invalid',
  message: '/notBefore: 2036-11-21T00:00:00.001Z; it must be at most ten years ahead, before 2036-11-21T00:00:00.000Z',
  path: '/notBefore',
}

test.each<readonly [string, CallerCommand, object | undefined]>([
  ['ready without a time', { name: 'ready', ...by }, undefined],
  ['ready at the horizon', { name: 'ready', ...by, notBefore: last }, undefined],
  ['ready beyond the horizon', { name: 'ready', ...by, notBefore: last + 1 }, beyond],
  ['reschedule to the horizon', { name: 'reschedule', ...by, notBefore: last }, undefined],
  ['reschedule beyond the horizon', { name: 'reschedule', ...by, notBefore: last + 1 }, beyond],
  ['hold', { name: 'hold', ...by }, undefined],
  ['redrive', { name: 'redrive', ...by }, undefined],
])('a caller may not ask for a time beyond ten years: %s', (_, command, refusal) => {
  expect(checkCommand(rowIn('pending'), command)).toEqual(refusal)
})

test('an unreadable message cannot be redriven, but cancelled like any other task', () => {
  expect(checkCommand(quarantined(), { name: 'redrive', ...by })).toEqual({
    refused: 'notAllowed',
    message:
      'task task1 holds an unreadable message and cannot be redriven, because no handler can run it. Its input shows the message; create the intended task as a new task',
    state: 'failed',
  })
  expect(checkCommand(quarantined(), { name: 'cancel', ...by, retentionMs: 1 })).toBeUndefined()
})
