import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { CALENDAR_NAME, GATE_ID, GATE_KEY, ONE_LINE, SCOPE, TASK_ID, TENANT } from '../../../core/reading/names.ts'

const x = (count: number): string => 'x'.repeat(count)

describe.each<readonly [string, RegExp, number, readonly string[], readonly string[]]>([
  ['a tenant', TENANT, LIMITS.tenantCount, ['a', 'A1', '0', 'a.b-c_d'], ['.a', '-a', '_a', 'a/b', 'a b', 'a:b', 'é', 'a\n']],
  ['a task id', TASK_ID, LIMITS.taskIdCount, ['a', '01k.f3', '.'], ['A', 'a-b', 'a/b', 'a\n']],
  ['a gate key', GATE_KEY, LIMITS.gateKeyCount, ['a', 'env:prod', '-a.b_C'], ['a/b', 'a b', 'é', 'a\n']],
  ['a calendar', CALENDAR_NAME, LIMITS.calendarNameCount, ['a', 'A1', 'a.b-c_d'], ['.a', '-a', 'a/b', 'a:b', 'a\n']],
])('the name of %s', (_, pattern, mostCount, valid, invalid) => {
  test('has allowed characters', () => {
    for (const name of valid) expect(pattern.test(name), name).toBe(true)
    for (const name of [...invalid, '']) expect(pattern.test(name), JSON.stringify(name)).toBe(false)
  })

  test('has at most its count of characters', () => {
    expect(pattern.test(x(mostCount))).toBe(true)
    expect(pattern.test(x(mostCount + 1))).toBe(false)
  })
})

test('a scope is a tenant, a type or a lane, and a gate may be a key too', () => {
  for (const scope of ['tenant', 'type.copy', 'lane.low', 'type.a.b']) {
    expect(SCOPE.test(scope), scope).toBe(true)
    expect(GATE_ID.test(scope), scope).toBe(true)
  }
  for (const none of ['', 'tenants', 'a tenant', 'type.', 'type', 'lane.', 'xlane.low', 'type.copy\n']) {
    expect(SCOPE.test(none), none).toBe(false)
    expect(GATE_ID.test(none), none).toBe(false)
  }
  for (const key of ['key.a', 'key.a.b']) expect([SCOPE.test(key), GATE_ID.test(key)]).toEqual([false, true])
  for (const none of ['key.', 'xkey.a', 'key.a\n']) expect(GATE_ID.test(none), none).toBe(false)
})

test('one line has no control characters', () => {
  for (const text of ['', 'a b', 'é😀', ' \u00a0']) expect(ONE_LINE.test(text), text).toBe(true)
  for (const text of ['a\nb', '\t', '\u0000', '\u001f', '\u007f', '\u0085', '\u009f']) expect(ONE_LINE.test(text)).toBe(false)
})
