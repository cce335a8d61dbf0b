import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { toldLine } from '../../core/told.ts'

const circle: Record<string, unknown> = { status: 200 }
circle.self = circle
const thrower = () => {
  throw new Error('no')
}
const trapped = new Proxy({}, { get: thrower, ownKeys: thrower, getPrototypeOf: thrower, has: thrower })
const nested = (levels: number): unknown => (levels === 0 ? 'end' : { in: nested(levels - 1) })

/** The field `it` of a line, and what the line marks. */
const told = (it: unknown) => {
  const { it: field, marked } = toldLine('line', { it }).fields
  return marked === undefined ? field : { field, marked }
}

describe('a field of a log line', () => {
  test.each<readonly [string, unknown, unknown]>([
    ['JSON', { a: [1, null, ''] }, { a: [1, null, ''] }],
    ['a bigint', 12n, '12'],
    ['a number that JSON has not', [Number.NaN, Number.POSITIVE_INFINITY], ['NaN', 'Infinity']],
    ['a symbol', Symbol('a'), 'Symbol(a)'],
    ['a function', { thrower }, { thrower: '[function thrower]' }],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 'b'],
      ]),
      { a: 1, 2: 'b' },
    ],
    ['a set', new Set([1, 'a']), [1, 'a']],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', new Date('x'), 'Invalid Date'],
    ['bytes', Buffer.from('abc'), '[Uint8Array of 3 bytes]'],
    ['an object whose content is hidden', [new URLSearchParams('a=1'), Promise.resolve()], ['[URLSearchParams]', '[Promise]']],
    ['undefined in a list', [undefined], [null]],
    ['a circle', circle, { field: { status: 200, self: '[circular]' }, marked: ['/it/self: circular'] }],
    [
      'a toJSON that throws',
      { a: { toJSON: thrower } },
      { field: { a: '[cannot be read: no]' }, marked: ['/it/a: cannot be read'] },
    ],
    [
      'a getter that throws',
      {
        get a() {
          return thrower()
        },
        b: 1,
      },
      { field: { a: '[cannot be read: no]', b: 1 }, marked: ['/it/a: cannot be read'] },
    ],
    ['a proxy that traps everything', trapped, { field: '[cannot be read: no]', marked: ['/it: cannot be read'] }],
    [
      'a toJSON that answers itself',
      {
        toJSON() {
          return this
        },
      },
      { field: '[circular]', marked: ['/it: circular'] },
    ],
  ])('is told: %s', (_, value, expected) => expect(told(value)).toEqual(expected))

  test('of an error has name, message, stack, cause and own properties', () => {
    const error = Object.assign(new TypeError('why', { cause: new Error('deeper') }), { code: 'E1' })
    expect(told(error)).toEqual({
      name: 'TypeError',
      message: 'why',
      stack: expect.stringContaining('TypeError: why'),
      cause: expect.objectContaining({ message: 'deeper' }),
      code: 'E1',
    })
    expect(told(runInNewContext('new Error("far")'))).toMatchObject({ message: 'far' })
    expect(told(new AggregateError([new Error('a')], 'both'))).toMatchObject({ message: 'both', errors: [{ message: 'a' }] })
  })

  test('is cut to its bounds, with a mark', () => {
    const long = told('x'.repeat(LIMITS.toldTextCount + 1)) as { field: string; marked: unknown }
    expect(long).toEqual({ field: expect.stringMatching(/x\[cut\]$/), marked: ['/it: cut'] })
    expect(long.field).toHaveLength(LIMITS.toldTextCount)
    const list = told(Array.from({ length: 1_000 }, () => 1)) as { field: unknown[] }
    expect(list.field).toHaveLength(LIMITS.toldItemsCount)
    expect(list.field.at(-1)).toBe('[cut: 901 more]')
    expect(JSON.stringify(told(nested(50)))).toContain('[nested too deeply]')
  })

  test.each<readonly [string, unknown]>([
    ['many long texts', Array.from({ length: 99 }, () => 'y'.repeat(8_000))],
    ['wide and deep', Array.from({ length: 99 }, () => Array.from({ length: 99 }, () => Array.from({ length: 99 }, () => 1)))],
  ])('of any size makes a line of bounded size: %s', (_, value) => {
    expect(JSON.stringify(toldLine('line', { value })).length).toBeLessThan(8 * LIMITS.toldLineCount)
  })
})

describe('a log line', () => {
  test('has its own fields, and those of the same name with an underscore', () => {
    expect(toldLine('mine', { message: 'theirs', level: 1, other: 2 })).toEqual({
      message: 'mine',
      fields: { message_: 'theirs', level_: 1, other: 2 },
    })
  })

  test('leaves out empty fields, as Powertools does', () =>
    expect(toldLine('m', { a: null, b: undefined, c: '', d: 0 }).fields).toEqual({ d: 0 }))

  test.each<readonly [string, unknown, unknown, object]>([
    ['an error as the message', new Error('why'), undefined, { message: 'why', fields: { error: { name: 'Error' } } }],
    ['an object as the message', { a: 1 }, undefined, { message: '{"a":1}' }],
    ['an error as the fields', 'm', new Error('why'), { message: 'm', fields: { error: { message: 'why' } } }],
    ['a text as the fields', 'm', 'more', { message: 'm', fields: { value: 'more' } }],
    ['a proxy as the fields', 'm', trapped, { message: 'm' }],
    ['a proxy as the message', trapped, undefined, {}],
  ])('takes anything from JavaScript: %s', (_, message, fields, expected) =>
    expect(toldLine(message, fields)).toMatchObject(expected),
  )

  test('never throws, is JSON, and stays as it is when it is told again', () =>
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withMap: true, withDate: true })),
        (message, fields) => {
          const line = toldLine(message, fields)
          expect(JSON.parse(JSON.stringify(line))).toEqual(line)
          expect(toldLine(line.message, line.fields)).toEqual(line)
        },
      ),
    ))
})
