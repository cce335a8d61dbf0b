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
    ['a boolean', [true, false], [true, false]],
    [
      'a function without a name',
      [() => 1, Object.assign(thrower.bind(undefined), {})],
      ['[function]', '[function bound thrower]'],
    ],
    ['a class whose name is no text', Object.defineProperty(class {}, 'name', { value: 5 }), '[function]'],
    ['an object of a class without properties', new (class Hidden {})(), '[Hidden]'],
    ['an object whose constructor is no class', Object.create(Object.create({ constructor: undefined })), '[Object]'],
    ['the name that toJSON gets', { a: { toJSON: (name: string) => `<${name}>` } }, { a: '<a>' }],
    ['a proxy that hides its names', new Proxy({}, { ownKeys: thrower }), {}],
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
    const entries = Object.fromEntries(Array.from({ length: LIMITS.toldItemsCount + 50 }, (_, index) => [`n${index}`, index]))
    const { field, marked } = told(entries) as { field: object; marked: unknown }
    expect(Object.keys(field)).toHaveLength(LIMITS.toldItemsCount)
    expect(field).toMatchObject({ n0: 0, '…': '[cut: 51 more]' })
    expect(marked).toEqual(['/it: cut'])
  })

  test('is not cut when it just fits', () => {
    const text = 'x'.repeat(LIMITS.toldTextCount)
    expect(told(text)).toBe(text)
    expect(told(Array.from({ length: LIMITS.toldItemsCount }, () => 1))).toHaveLength(LIMITS.toldItemsCount)
    expect(told(nested(LIMITS.toldDepthCount))).toEqual(nested(LIMITS.toldDepthCount))
    expect(JSON.stringify(told(nested(LIMITS.toldDepthCount + 1)))).toContain('[nested too deeply]')
  })

  test('is cut when the line is full, whatever it is', () => {
    const { field } = told([...Array.from({ length: 99 }, () => 'y'.repeat(8_000)), 1]) as { field: unknown[] }
    expect(field.at(-1)).toBe('[cut]')
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
    expect(toldLine('m', { a: null, b: undefined, c: '', d: 0 }).fields).toStrictEqual({ d: 0 }))

  test.each(['level', 'message', 'sampling_rate', 'service', 'time', 'timestamp'])('keeps the name %s for itself', (name) =>
    expect(toldLine('m', { [name]: 1 }).fields).toEqual({ [`${name}_`]: 1 }),
  )

  test('has a message within its bound, and five marks at most', () => {
    expect(toldLine('m'.repeat(LIMITS.toldTextCount + 1)).message).toBe('m'.repeat(LIMITS.toldTextCount))
    const circles = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`c${index}`, circle]))
    expect(toldLine('m', circles).fields.marked).toEqual([0, 1, 2, 3, 4].map((index) => `/c${index}/self: circular`))
  })

  test.each<readonly [string, unknown, unknown, object]>([
    ['an error as the message', new Error('why'), undefined, { message: 'why', fields: { error: { name: 'Error' } } }],
    ['an object as the message', { a: 1 }, undefined, { message: '{"a":1}' }],
    ['an error as the fields', 'm', new Error('why'), { message: 'm', fields: { error: { message: 'why' } } }],
    ['a text as the fields', 'm', 'more', { message: 'm', fields: { value: 'more' } }],
    ['a proxy as the fields', 'm', trapped, { message: 'm' }],
    [
      'a proxy as the message',
      trapped,
      undefined,
      { message: 'the message of the thrown value cannot be read', fields: { marked: ['/: no'] } },
    ],
    ['a proxy that hides its names as the fields', 'm', new Proxy({}, { ownKeys: thrower }), { message: 'm', fields: {} }],
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
