import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import type { Json } from '../../../core/row/json.ts'
import { DEFAULT_UNIQUE, partAt, pathOf, readUnique, writeUnique } from '../../../core/unique/policy.ts'
import { decideUnique, isBeingCreated, isFreshFor, nameForgetAt, needsRenewal, type UniqueRow } from '../../../core/unique/row.ts'
import { debouncedDueAt, isDuplicateOf, isOvertaken, type Uniqueness, uniqueKeyValue } from '../../../core/unique/uniqueness.ts'
import { NOON, nextRow, ROWS, rowIn } from '../task/rows.ts'

const unique = (by: readonly string[]): Uniqueness => ({ mode: 'unique', policy: { ...DEFAULT_UNIQUE, by } })

describe('a path into an input', () => {
  const input: Json = { a: { 'b/c': [1, null] }, 'd~': false, '': 'empty', '01': 1 }
  test.each<[string, Json | undefined]>([
    ['/a/b~1c/0', 1],
    ['/a/b~1c/1', null],
    ['/a/b~1c/2', undefined],
    ['/a/b~1c/00', undefined],
    ['/a/b~1c/length', undefined],
    ['/a/b~1c/-', undefined],
    ['/d~0', false],
    ['/', 'empty'],
    ['/01', 1],
    ['/x/y', undefined],
    ['/toString', undefined],
    ['/__proto__', undefined],
  ])('%s leads to %j', (pointer, part) => expect(partAt(input, pathOf(pointer) ?? ['?'])).toEqual(part))

  test.each(['', 'a', 'a/b', '/a~', '/a~2', `/${'x'.repeat(LIMITS.uniquePathCount)}`])('%s is not a path', (text) =>
    expect(pathOf(text)).toBeUndefined(),
  )
})

describe('the unique key of a request', () => {
  test('does not depend on the order of `by`', () => {
    const input = { a: 1, b: 2 }
    expect(uniqueKeyValue(unique(['/b', 'type', '/a']), 't', input)).toEqual(
      uniqueKeyValue(unique(['type', '/a', '/b', '/a']), 't', input),
    )
  })

  test('distinguishes absent from null, and paths from each other', () => {
    const values = [
      uniqueKeyValue(unique(['/a']), 't', {}),
      uniqueKeyValue(unique(['/a']), 't', { a: null }),
      uniqueKeyValue(unique(['/b']), 't', { b: null }),
      uniqueKeyValue(unique(['type']), '/a', {}),
      uniqueKeyValue({ mode: 'debounce', key: 'k', delayMs: 1 }, 't', {}),
      uniqueKeyValue({ mode: 'debounce', key: 't', delayMs: 1 }, 'k', {}),
    ].map((value) => JSON.stringify(value))
    expect(new Set(values).size).toBe(values.length)
  })

  test('does not depend on other parts of the input', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        const of = (rest: unknown) => uniqueKeyValue(unique(['/id']), 't', { id: a, rest } as Json)
        expect(of(b)).toEqual(of(c))
      }),
    )
  })
})

describe('a request is a duplicate', () => {
  test('of a unique task that has not ended, by default', () => {
    const inTheWay = ROWS.filter((row) => isDuplicateOf(unique(['type']), row, NOON)).map(({ state }) => state)
    expect(inTheWay).toEqual(['pending', 'scheduled', 'running', 'waiting'])
  })

  test('of a debounced task that has not started', () => {
    const only: Uniqueness = { mode: 'debounce', key: 'k', delayMs: 1 }
    expect(ROWS.filter((row) => isDuplicateOf(only, row, NOON)).map(({ state }) => state)).toEqual(['pending', 'scheduled'])
    expect(isDuplicateOf(only, { ...rowIn('scheduled'), attempt: 1 }, NOON)).toBe(false)
  })

  test('only within the time since the creation of the task', () => {
    const only: Uniqueness = { mode: 'unique', policy: { ...DEFAULT_UNIQUE, withinMs: 10 } }
    expect(isDuplicateOf(only, rowIn('scheduled'), NOON + 9)).toBe(true)
    expect(isDuplicateOf(only, rowIn('scheduled'), NOON + 10)).toBe(false)
  })
})

test('a debounced task is postponed to its delay from now, but not beyond maxDelay from its creation', () => {
  const times = fc.record({
    delayMs: fc.nat(1_000),
    maxDelayMs: fc.option(fc.nat(1_000), { nil: undefined }),
    later: fc.nat(2_000),
  })
  fc.assert(
    fc.property(times, ({ delayMs, maxDelayMs, later }) => {
      const only = { mode: 'debounce' as const, key: 'k', delayMs, ...(maxDelayMs === undefined ? {} : { maxDelayMs }) }
      const to = debouncedDueAt(only, NOON, NOON + later)
      expect(to).toBeLessThanOrEqual(NOON + later + delayMs)
      expect(to).toBe(maxDelayMs === undefined ? NOON + later + delayMs : Math.min(NOON + later + delayMs, NOON + maxDelayMs))
    }),
  )
})

test('a debounced request is overtaken only by an amendment of the same time or later', () => {
  const debounce: Uniqueness = { mode: 'debounce', key: 'k', delayMs: 1 }
  const amended = nextRow(rowIn('scheduled'), { name: 'amend', at: NOON + 5, by: 'user:bob', amendment: { notBefore: NOON + 9 } })
  expect([NOON + 4, NOON + 5, NOON + 6].map((at) => isOvertaken(debounce, amended, at))).toEqual([true, true, false])
  const held = nextRow(amended, { name: 'hold', at: NOON + 7, by: 'user:bob' })
  expect([isOvertaken(debounce, held, NOON), isOvertaken(debounce, rowIn('scheduled'), NOON)]).toEqual([false, false])
  // A unique request may replace other fields than the amendment did.
  expect(isOvertaken(unique(['type']), amended, NOON)).toBe(false)
})

test('a policy is written and read back as the same policy', () => {
  for (const written of [
    {},
    { by: ['/a'], within: '1h30m', states: ['running' as const], onDuplicate: { replace: ['input' as const] } },
  ]) {
    const policy = readUnique(written)
    if (isRefusal(policy)) throw new Error(policy.message)
    expect(readUnique(writeUnique(policy))).toEqual(policy)
  }
  expect(readUnique({})).toEqual(DEFAULT_UNIQUE)
})

test.each([{ by: ['x'.repeat(5_000)] }, { within: 'x'.repeat(5_000) }])(
  'a refusal shows only the beginning of a long value',
  (written) => {
    const no = readUnique(written)
    expect(isRefusal(no) && no.message.length).toBeLessThan(300)
  },
)

describe('a unique key', () => {
  const key = { kind: 'unique', tenant: 'acme', id: 'n' } as const
  const point = (row: UniqueRow | undefined, taskId: string, seen = row?.version ?? 0, at = NOON) =>
    decideUnique(key, row, { name: 'point', at, by: 'user:a', taskId, expectedVersion: seen, forgetAt: nameForgetAt(NOON, at) })
  const first = point(undefined, 't1') as UniqueRow

  test('points to one task after the other', () => {
    expect(first).toEqual({ ...key, version: 1, taskId: 't1', at: NOON, forgetAt: NOON + LIMITS.uniqueKeepMs })
    expect(point(first, 't2')).toMatchObject({ version: 2, taskId: 't2' })
  })

  test('refuses a request that has not read its current version, even for the same task', () => {
    expect(point(first, 't2', 0)).toMatchObject({ refused: 'superseded' })
    const fresh = point(first, 't1', 1, NOON + 5) as UniqueRow
    expect(point(fresh, 't2', 1)).toMatchObject({ refused: 'superseded' })
  })

  test('is written again well before other requests stop waiting for its task', () => {
    const half = NOON + LIMITS.uniqueCreationMs / 2
    expect([isFreshFor(first, { taskId: 't1', at: half - 1 }), isFreshFor(first, { taskId: 't1', at: half })]).toEqual([
      true,
      false,
    ])
    expect(isFreshFor(first, { taskId: 't2', at: NOON })).toBe(false)
    expect([isBeingCreated(first, half), isBeingCreated(first, NOON + LIMITS.uniqueCreationMs)]).toEqual([true, false])
  })

  test('needs a renewal when half of its time is over, or its task is postponed far enough', () => {
    const half = LIMITS.uniqueKeepMs / 2
    expect([needsRenewal(first, NOON, NOON + half), needsRenewal(first, NOON, NOON + half + 1)]).toEqual([false, true])
    expect(needsRenewal(first, NOON + half + 1, NOON)).toBe(true)
  })
})
