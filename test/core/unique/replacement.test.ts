import { describe, expect, test } from 'vitest'
import type { Json } from '../../../core/row/json.ts'
import { DEFAULT_UNIQUE } from '../../../core/unique/policy.ts'
import { decideUnique } from '../../../core/unique/row.ts'
import {
  amendmentOf,
  type Replacement,
  replacedFields,
  type Uniqueness,
  uniqueKeyValue,
} from '../../../core/unique/uniqueness.ts'
import { NOON, POLICY, rowIn } from '../task/rows.ts'

const debounce: Uniqueness = { mode: 'debounce', key: 'k', delayMs: 1 }
const unique = (by: readonly string[], replace?: readonly ('tags' | 'retry')[]): Uniqueness => ({
  mode: 'unique',
  policy: { ...DEFAULT_UNIQUE, by, ...(replace ? { replace } : {}) },
})

test.each<readonly [string, Uniqueness, Json]>([
  ['a debounced request: its type and its key', debounce, ['debounce', 'greet', 'k']],
  ['the type', unique(['type']), ['unique', ['type', 'greet']]],
  ['the whole input', unique(['input']), ['unique', ['input', { a: 1 }]]],
  ['a part of the input', unique(['/a', 'type']), ['unique', ['/a', 1], ['type', 'greet']]],
  ['a part that is absent', unique(['/b']), ['unique', ['/b']]],
  ['a path that is none: as absent', unique(['b']), ['unique', ['b', { a: 1 }]]],
])('the value of the unique key is that of %s', (_, only, value) => {
  expect(uniqueKeyValue(only, 'greet', { a: 1 })).toEqual(value)
})

describe('a duplicate replaces', () => {
  const scheduled = rowIn('scheduled')

  test('the input and the time of a debounced task', () =>
    expect(replacedFields(debounce, scheduled, 'greet')).toEqual(['input', 'notBefore']))

  test('the fields that the policy of a unique task names, and none without any', () => {
    expect(replacedFields(unique(['type'], ['tags', 'retry']), scheduled, 'greet')).toEqual(['tags', 'retry'])
    expect(replacedFields(unique(['type']), scheduled, 'greet')).toEqual([])
  })

  test('nothing on a task that has started, or of another type', () => {
    expect(replacedFields(debounce, rowIn('running'), 'greet')).toEqual([])
    expect(replacedFields(debounce, scheduled, 'copy')).toEqual([])
  })
})

describe('the amendment of a duplicate', () => {
  const all = ['input', 'notBefore', 'expiresAfter', 'tags', 'priority', 'retry'] as const
  const least: Replacement = { policy: POLICY, notBefore: NOON }
  const input = { inline: 1 }

  test('has the values of the request', () => {
    const gate = { key: 'k', limit: 1 }
    const whole: Replacement = {
      policy: { ...POLICY, schema: 3, priority: 'high', gate },
      notBefore: NOON,
      expiresAt: NOON + 5,
      tags: ['a'],
    }
    expect(amendmentOf(all, whole, input)).toEqual({
      input,
      schema: 3,
      gate,
      notBefore: NOON,
      expiresAfterMs: 5,
      tags: ['a'],
      priority: 'high',
      retry: POLICY.retry,
    })
  })

  test('has the values of a new task where the request has none', () => {
    expect(amendmentOf(all, least, input)).toEqual({
      input,
      schema: 1,
      gate: 'none',
      notBefore: NOON,
      expiresAfterMs: 'never',
      tags: [],
      priority: 'normal',
      retry: POLICY.retry,
    })
  })

  test('has the named fields only, and no input that is not given', () => {
    expect(amendmentOf(['tags'], least, input)).toEqual({ tags: [] })
    expect(amendmentOf(['input', 'priority'], least, undefined)).toEqual({ priority: 'normal' })
    expect(amendmentOf([], least, input)).toEqual({})
  })
})

test('a key is pointed to a task by a request that has read its version', () => {
  const key = { kind: 'unique', tenant: 'acme', id: 'k1' } as const
  const point = { name: 'point', at: NOON, by: 'user:a', taskId: 't1', expectedVersion: 0, forgetAt: NOON + 5 } as const
  const row = { ...key, version: 1, taskId: 't1', at: NOON, forgetAt: NOON + 5 }
  expect(decideUnique(key, undefined, point)).toEqual(row)
  expect(decideUnique(key, row, { ...point, expectedVersion: 1, digest: 'd' })).toEqual({ ...row, version: 2, digest: 'd' })
  expect(decideUnique(key, row, point)).toEqual({
    refused: 'superseded',
    message: 'unique key k1 is at version 1, not at 0; read it again',
  })
})
