import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import type { Json } from '../../../core/row/json.ts'
import { DEFAULT_UNIQUE, partAt, pathOf, readUnique, writeUnique } from '../../../core/unique/policy.ts'
import { decideUnique, isComing, isFading, nameForgetAt, standsFor, type UniqueRow } from '../../../core/unique/row.ts'
import { debouncedTo, isInTheWay, isOutrun, samenessOf, type Uniqueness } from '../../../core/unique/uniqueness.ts'
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

  test.each(['', 'a', 'a/b', '/a~', '/a~2', `/${'x'.repeat(LIMITS.uniquePathCount)}`])('%s is none', (text) =>
    expect(pathOf(text)).toBeUndefined(),
  )
})

describe('what makes two requests the same', () => {
  test('is what they have in common, in no order', () => {
    const input = { a: 1, b: 2 }
    expect(samenessOf(unique(['/b', 'type', '/a']), 't', input)).toEqual(
      samenessOf(unique(['type', '/a', '/b', '/a']), 't', input),
    )
  })

  test('tells absent from null, and paths from each other', () => {
    const values = [
      samenessOf(unique(['/a']), 't', {}),
      samenessOf(unique(['/a']), 't', { a: null }),
      samenessOf(unique(['/b']), 't', { b: null }),
      samenessOf(unique(['type']), '/a', {}),
      samenessOf({ mode: 'debounce', key: 'k', delayMs: 1 }, 't', {}),
      samenessOf({ mode: 'debounce', key: 't', delayMs: 1 }, 'k', {}),
    ].map((value) => JSON.stringify(value))
    expect(new Set(values).size).toBe(values.length)
  })

  test('does not hang on the parts that nobody goes by', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        const of = (rest: unknown) => samenessOf(unique(['/id']), 't', { id: a, rest } as Json)
        expect(of(b)).toEqual(of(c))
      }),
    )
  })
})

describe('what stands in the way', () => {
  test('of a unique task: by default those with a way to go', () => {
    const inTheWay = ROWS.filter((row) => isInTheWay(unique(['type']), row, NOON)).map(({ state }) => state)
    expect(inTheWay).toEqual(['pending', 'scheduled', 'running', 'waiting'])
  })

  test('of a debounced one: those that have not started', () => {
    const only: Uniqueness = { mode: 'debounce', key: 'k', delayMs: 1 }
    expect(ROWS.filter((row) => isInTheWay(only, row, NOON)).map(({ state }) => state)).toEqual(['pending', 'scheduled'])
    expect(isInTheWay(only, { ...rowIn('scheduled'), attempt: 1 }, NOON)).toBe(false)
  })

  test('is bounded by the time since its creation', () => {
    const only: Uniqueness = { mode: 'unique', policy: { ...DEFAULT_UNIQUE, withinMs: 10 } }
    expect(isInTheWay(only, rowIn('scheduled'), NOON + 9)).toBe(true)
    expect(isInTheWay(only, rowIn('scheduled'), NOON + 10)).toBe(false)
  })
})

test('a debounced task is put off to its delay from now, but not beyond its longest delay from its creation', () => {
  const times = fc.record({
    delayMs: fc.nat(1_000),
    maxDelayMs: fc.option(fc.nat(1_000), { nil: undefined }),
    later: fc.nat(2_000),
  })
  fc.assert(
    fc.property(times, ({ delayMs, maxDelayMs, later }) => {
      const only = { mode: 'debounce' as const, key: 'k', delayMs, ...(maxDelayMs === undefined ? {} : { maxDelayMs }) }
      const to = debouncedTo(only, NOON, NOON + later)
      expect(to).toBeLessThanOrEqual(NOON + later + delayMs)
      expect(to).toBe(maxDelayMs === undefined ? NOON + later + delayMs : Math.min(NOON + later + delayMs, NOON + maxDelayMs))
    }),
  )
})

test('a debounced request is outrun by one that came no earlier, and by nothing else', () => {
  const debounce: Uniqueness = { mode: 'debounce', key: 'k', delayMs: 1 }
  const amended = nextRow(rowIn('scheduled'), { name: 'amend', at: NOON + 5, by: 'user:bob', amendment: { notBefore: NOON + 9 } })
  expect([NOON + 4, NOON + 5, NOON + 6].map((at) => isOutrun(debounce, amended, at))).toEqual([true, true, false])
  const held = nextRow(amended, { name: 'hold', at: NOON + 7, by: 'user:bob' })
  expect([isOutrun(debounce, held, NOON), isOutrun(debounce, rowIn('scheduled'), NOON)]).toEqual([false, false])
  // What another request replaces may be other fields than this one's.
  expect(isOutrun(unique(['type']), amended, NOON)).toBe(false)
})

test('a policy is read as it was written', () => {
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
  'a refusal shows the beginning of what was written',
  (written) => {
    const no = readUnique(written)
    expect(isRefusal(no) && no.message.length).toBeLessThan(300)
  },
)

describe('a name', () => {
  const key = { kind: 'unique', tenant: 'acme', id: 'n' } as const
  const say = (row: UniqueRow | undefined, taskId: string, seen = row?.version ?? 0, at = NOON) =>
    decideUnique(key, row, { name: 'point', at, by: 'user:a', taskId, seen, forgetAt: nameForgetAt(NOON, at) })
  const first = say(undefined, 't1') as UniqueRow

  test('stands for one task after the other', () => {
    expect(first).toEqual({ ...key, version: 1, taskId: 't1', at: NOON, forgetAt: NOON + LIMITS.uniqueKeepMs })
    expect(say(first, 't2')).toMatchObject({ version: 2, taskId: 't2' })
  })

  test('does not hear those who have not seen what it stands for now, not even for the same task', () => {
    expect(say(first, 't2', 0)).toMatchObject({ refused: 'superseded' })
    const fresh = say(first, 't1', 1, NOON + 5) as UniqueRow
    expect(say(fresh, 't2', 1)).toMatchObject({ refused: 'superseded' })
  })

  test('says so again well before others stop waiting for its task', () => {
    const half = NOON + LIMITS.uniqueComingMs / 2
    expect([standsFor(first, { taskId: 't1', at: half - 1 }), standsFor(first, { taskId: 't1', at: half })]).toEqual([
      true,
      false,
    ])
    expect(standsFor(first, { taskId: 't2', at: NOON })).toBe(false)
    expect([isComing(first, half), isComing(first, NOON + LIMITS.uniqueComingMs)]).toEqual([true, false])
  })

  test('fades when half of its time is over, or its task is put off far enough', () => {
    const half = LIMITS.uniqueKeepMs / 2
    expect([isFading(first, NOON, NOON + half), isFading(first, NOON, NOON + half + 1)]).toEqual([false, true])
    expect(isFading(first, NOON + half + 1, NOON)).toBe(true)
  })
})
