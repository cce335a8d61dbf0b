import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageOf, namesOf, partOf } from '../../core/thrown.ts'

class Locked extends Error {}
class Quota {
  readonly message = 'used up'
}
class Box {
  readonly content = 3
}
const untouchable = new Proxy(new Error('hidden'), {
  get: () => {
    throw new Error('do not read me')
  },
})

describe('a thrown value', () => {
  test.each<readonly [string, unknown, readonly string[], string]>([
    ['an error', new Locked('by Ada'), ['Error', 'Locked'], 'by Ada'],
    ['an error of another realm', runInNewContext('new TypeError("far")'), ['TypeError', 'TypeError'], 'far'],
    ['a value with a message that is not an error', new Quota(), ['Quota'], 'used up'],
    ['an object', { status: 3 }, ['Error'], '{"status":3}'],
    ['an object without a class', Object.create(null), ['Error'], '{}'],
    ['a text', 'plain', ['Error'], 'plain'],
    ['a symbol', Symbol('odd'), ['Error'], 'Symbol(odd)'],
    ['undefined', undefined, ['Error'], 'undefined'],
    ['null', null, ['Error'], 'null'],
    ['several errors in one', new AggregateError([new Error('a'), 'b']), ['AggregateError', 'AggregateError'], 'a; b'],
    ['an error without a name', Object.assign(new Error('x'), { name: undefined }), ['Error'], 'x'],
    ['an error without a class', Object.assign(new Error('x'), { constructor: undefined }), ['Error'], 'x'],
    ['a value whose properties throw', untouchable, ['Error'], 'the message of the thrown value cannot be read'],
    [
      'several errors under a message',
      new AggregateError(['a', 'b', 'c', 'd', 'e', 'f'], 'all failed'),
      ['AggregateError', 'AggregateError'],
      'all failed: a; b; c; d; and 2 more',
    ],
    [
      'an error whose message is an object',
      Object.assign(new Error(), { message: { status: 3 } }),
      ['Error', 'Error'],
      '{"status":3}',
    ],
    [
      'an error whose message cannot be read',
      Object.defineProperty(new Error(), 'message', {
        get: () => {
          throw new Error()
        },
      }),
      ['Error', 'Error'],
      'the message of the thrown value cannot be read',
    ],
    ['a map', new Map([[1, 2]]), ['Map'], '[object Map]'],
    ['an object of a class with properties', new Box(), ['Box'], '{"content":3}'],
    ['an empty object', {}, ['Error'], '{}'],
    ['an error whose message is null', Object.assign(new Error(), { message: null }), ['Error', 'Error'], '{"message":null}'],
    [
      'an object that has neither JSON nor a text',
      Object.assign(Object.create(null), { count: 1n }),
      ['Error'],
      'the thrown value cannot be shown as text',
    ],
  ])('has names and a message: %s', (_, thrown, names, message) => {
    expect(namesOf(thrown)).toEqual(names)
    expect(messageOf(thrown)).toBe(message)
  })

  test('never throws when it is read, whatever it is', () =>
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true }), fc.constant(untouchable)), (thrown) => {
        expect(messageOf(thrown)).toBeTypeOf('string')
        expect(namesOf(thrown).every((name) => typeof name === 'string' && name !== '')).toBe(true)
        if (thrown === untouchable) expect(partOf(thrown, 'stack')).toBeUndefined()
      }),
    ))
})
