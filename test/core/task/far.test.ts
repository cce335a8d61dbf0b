import { expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { isFarTask } from '../../../core/task/places.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { aTask } from '../../contract/rows.ts'

const NOW = 1_000_000_000
const NEAR = NOW + LIMITS.queueDelayMs
const FAR = NEAR + 1

test.each<[string, object, boolean]>([
  ['scheduled for a near time', { state: 'scheduled', notBefore: NEAR, dueAt: NEAR }, false],
  ['scheduled for a far time', { state: 'scheduled', notBefore: FAR, dueAt: FAR }, true],
  ['scheduled again for a far time, after an attempt', { state: 'scheduled', notBefore: NOW - 1, dueAt: FAR }, true],
  ['blocked without a deadline', { state: 'scheduled', notBefore: FAR, dueAt: undefined }, false],
  ['pending with a far time', { state: 'pending', notBefore: FAR, dueAt: undefined }, true],
  ['pending with a far deadline', { state: 'pending', notBefore: NEAR, dueAt: FAR }, true],
  ['pending with a near time', { state: 'pending', notBefore: NEAR, dueAt: undefined }, false],
  ['running', { state: 'running', notBefore: FAR, dueAt: FAR }, false],
  ['waiting for a far time', { state: 'waiting', notBefore: NOW, dueAt: FAR }, false],
  ['cancelled', { state: 'cancelled', notBefore: FAR, dueAt: undefined }, false],
])('a task that is %s is counted as far or not', (_, fields, far) => {
  const row = { ...aTask('acme', 'a'), updatedAt: NOW, ...fields } as TaskRow
  expect(isFarTask(row)).toBe(far)
})
