import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonAnswer } from '../../core/json-answer.ts'

class Money {
  readonly amount = 5
}
class Nothing {
  readonly #hidden = 5
  hidden = () => this.#hidden
}
class Empty {}
const circle: Record<string, unknown> = { name: 'a' }
circle.self = { inner: [circle] }
const shared = { a: 1 }
const holes = [1, 2, 3]
delete holes[1]
const named = { toJSON: (name: string) => `<${name}>` }
const thrower = () => {
  throw new Error('no')
}

describe('an answer', () => {
  test.each<readonly [string, unknown]>([
    ['plain JSON', { a: [1, 'x', null, true, { b: {} }] }],
    ['a property of undefined, which is left out', { a: undefined, b: 1 }],
    ['negative zero, which is 0', [-0]],
    ['a date', { at: new Date(5) }],
    ['an object with toJSON', { url: new URL('https://example.com'), bytes: Buffer.from('a') }],
    ['an object of a class with properties', new Money()],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an object of another realm', runInNewContext('({ a: [1, {}] })')],
    ['boxed values', [new Number(1), new String('a'), new Boolean(false)]],
    ['one object in two places', [shared, shared]],
    ['a property named __proto__', JSON.parse('{"__proto__":{"a":1}}')],
    ['a function with toJSON', [Object.assign(() => 1, { toJSON: () => 'f' })]],
    ['the name that toJSON gets', { a: named, b: [named] }],
    ['the name that toJSON gets at the top', named],
    ['half a surrogate', '\ud800'],
    ['a symbol as a name, which is left out', { [Symbol('a')]: 1, b: 2 }],
    ['a property that is not enumerable, which is left out', Object.defineProperty({ b: 1 }, 'a', { value: 1 })],
  ])('is kept as JSON.stringify writes it: %s', (_, value) => {
    expect(jsonAnswer(value)).toEqual({ json: JSON.parse(JSON.stringify(value)) })
  })

  test('of undefined has no JSON', () => expect(jsonAnswer(undefined)).toEqual({ json: undefined }))

  test.each<readonly [string, unknown, string]>([
    ['undefined in a list', { a: [1, undefined] }, 'undefined at /a/1'],
    ['a hole in a list', holes, 'a hole at /1'],
    ['NaN', { rates: [1, Number.NaN] }, 'NaN at /rates/1'],
    ['infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['minus infinity', [Number.NEGATIVE_INFINITY], '-Infinity at /0'],
    ['a bigint', { total: 5n }, 'a bigint at /total'],
    ['a function', { run: thrower }, 'a function at /run'],
    ['a function alone', thrower, 'a function'],
    ['a symbol', [Symbol('a')], 'a symbol at /0'],
    ['a map', { a: new Map([[1, 2]]) }, 'a Map at /a'],
    ['a set', new Set([1]), 'a Set'],
    ['a map of another realm', runInNewContext('new Map()'), 'a Map'],
    ['an error', { failed: new Error('x') }, 'a Error at /failed'],
    ['an error with properties', Object.assign(new Error('x'), { code: 'E' }), 'a Error'],
    ['a regular expression', /x/, 'a RegExp'],
    ['a promise', [Promise.resolve(1)], 'a Promise at /0'],
    ['bytes', new Uint8Array(3), 'a Uint8Array'],
    ['an object whose names cannot be read', new Proxy({}, { ownKeys: thrower }), 'a value that cannot be read (no)'],
    [
      'an object whose constructor is no class',
      Object.create(Object.create({ constructor: undefined })),
      'an object of class unknown without properties of its own',
    ],
    ['a buffer of bytes', new ArrayBuffer(3), 'a ArrayBuffer'],
    [
      'search parameters',
      { query: new URLSearchParams('a=1') },
      'an object of class URLSearchParams without properties of its own at /query',
    ],
    ['an object of a class without properties', [new Empty()], 'an object of class Empty without properties of its own at /0'],
    ['an object with a method only', new Nothing(), 'a function at /hidden'],
    ['a circle', circle, 'a circle at /self/inner/0'],
    ['an invalid date', { at: new Date('x') }, 'an invalid Date at /at'],
    ['an invalid date of another realm', runInNewContext('[new Date(NaN)]'), 'an invalid Date at /0'],
    ['a toJSON that throws', { a: { toJSON: thrower } }, 'an object whose toJSON fails (no) at /a'],
    ['a toJSON that answers undefined in a list', [{ toJSON: () => undefined }], 'undefined at /0'],
    [
      'a getter that throws',
      {
        get a() {
          return thrower()
        },
      },
      'a property that cannot be read (no) at /a',
    ],
    ['a name with a slash', { 'a/b': Number.NaN }, 'NaN at /a~1b'],
  ])('is refused with the place: %s', (_, value, fault) => expect(jsonAnswer(value)).toEqual({ fault }))

  // Each has its content elsewhere than in its properties, even when it has some.
  test.each<readonly [string, object]>([
    ['WeakMap', new WeakMap()],
    ['WeakSet', new WeakSet()],
    ['WeakRef', new WeakRef({})],
    ['SharedArrayBuffer', new SharedArrayBuffer(1)],
    ['Generator', (function* () {})()],
    ['AsyncGenerator', (async function* () {})()],
    ['Map Iterator', new Map().keys()],
    ['Set Iterator', new Set().keys()],
    ['Array Iterator', [].keys()],
  ])('is refused although it has a property: %s', (tag, value) =>
    expect(jsonAnswer(Object.assign(value, { a: 1 }))).toEqual({ fault: `a ${tag}` }),
  )

  test('keeps a bigint that a program has taught to write itself', () => {
    const prototype = BigInt.prototype as { toJSON?: unknown }
    prototype.toJSON = function () {
      return String(this)
    }
    try {
      expect(jsonAnswer([5n])).toEqual({ json: ['5'] })
    } finally {
      delete prototype.toJSON
    }
  })

  test('is refused when it is nested too deeply for the stack, or cannot be read', () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(jsonAnswer(deep)).toHaveProperty('fault')
    expect(jsonAnswer(new Proxy({}, { getPrototypeOf: thrower, ownKeys: thrower, get: thrower }))).toHaveProperty('fault')
  })

  test('of JSON is that JSON, and any accepted answer is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonAnswer(value)).toEqual({ json: JSON.parse(JSON.stringify(value)) })
      }),
    )
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true }),
        (value) => {
          const answer = jsonAnswer(value)
          if ('json' in answer && answer.json !== undefined) expect(answer.json).toEqual(JSON.parse(JSON.stringify(value)))
        },
      ),
    )
  })
})
