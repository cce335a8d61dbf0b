import { expect, test } from 'vitest'
import { isRefusal, refuse } from '../../core/refusal.ts'

test.each([undefined, null, 5, 'refused', true, {}, []])('%j is no refusal', (value) => expect(isRefusal(value)).toBe(false))

test('a refusal has its code, its message, and what more is known', () => {
  expect(refuse('invalid', 'no', { path: '/a' })).toEqual({ refused: 'invalid', message: 'no', path: '/a' })
  expect(isRefusal(refuse('unknown', 'no'))).toBe(true)
})
