import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Upcasters, upcast, versionFault } from '../../core/upcast.ts'

/** A chain of upcasters, each of which writes down that it was here. */
const chain = (version: number): Upcasters =>
  Object.fromEntries(
    Array.from({ length: version - 1 }, (_, index) => [index + 1, (old: readonly number[]) => [...old, index + 1]]),
  )

describe('an input of an earlier version', () => {
  test('goes through every step from its own version to the present one, in order, and through no other', () => {
    const versions = fc.integer({ min: 1, max: 30 }).chain((to) => fc.tuple(fc.integer({ min: 1, max: to }), fc.constant(to)))
    fc.assert(
      fc.property(versions, ([from, to]) => {
        const steps = Array.from({ length: to - from }, (_, index) => from + index)
        expect(upcast({ name: 'greet', version: to, upcasters: chain(to) }, from, [])).toEqual({ input: steps })
      }),
    )
  })

  test('is never changed, whatever an upcaster does to what it is given', () => {
    const given = { name: 'Ada', more: { times: 1 } }
    const upcasters = { 1: (old: { more: { times: number } }) => Object.assign(old.more, { times: 2 }) && old }
    expect(upcast({ name: 'greet', version: 2, upcasters }, 1, given)).toEqual({ input: { name: 'Ada', more: { times: 2 } } })
    expect(given).toEqual({ name: 'Ada', more: { times: 1 } })
  })

  test('is left alone when it is of the present version', () => {
    expect(upcast({ name: 'greet' }, 1, 'Ada')).toEqual({ input: 'Ada' })
  })
})

describe('an input that cannot be brought up', () => {
  test.each<[string, number, Upcasters, RegExp]>([
    ['of a newer version', 4, chain(3), /made under version 4 of type greet, and this executor knows it up to version 3; deploy/],
    [
      'whose step is missing',
      1,
      { 1: chain(3)[1] as never },
      /under version 1 .* at version 3, and no upcaster leads from 2 to 3/,
    ],
    [
      'whose upcaster throws',
      2,
      {
        2: () => {
          throw new Error('no such month')
        },
      },
      /upcasters\[2\] failed: no such month/,
    ],
    ['whose upcaster answers nothing', 2, { 2: () => undefined }, /upcasters\[2\] answered undefined; it must answer the input/],
    ['whose upcaster answers later', 2, { 2: async () => [] }, /upcasters\[2\] answered a promise; it must answer .* at once/],
  ])('%s says so, with the versions', (_, from, upcasters, words) => {
    expect(upcast({ name: 'greet', version: 3, upcasters }, from, [])).toEqual({ fault: expect.stringMatching(words) })
  })
})

describe('the versions of a type', () => {
  test('fit together', () => {
    expect(versionFault({})).toBeUndefined()
    expect(versionFault({ version: 3, upcasters: chain(3) })).toBeUndefined()
    // Support for the oldest versions may be given up.
    expect(versionFault({ version: 3, upcasters: { 2: () => 1 } })).toBeUndefined()
  })

  test.each<[object, string]>([
    [{ version: 0 }, 'version is 0; it must be a whole number, from 1'],
    [{ version: 1.5 }, 'version is 1.5'],
    [{ version: Number.NaN }, 'version is NaN'],
    [{ version: 2, upcasters: { 2: () => 1 } }, 'upcasters[2] leads to version 3, and the type is at version 2'],
    [{ upcasters: { 1: () => 1 } }, 'upcasters[1] leads to version 2, and the type is at version 1'],
    [{ version: 2, upcasters: { 0: () => 1 } }, 'upcasters has "0"'],
    [{ version: 2, upcasters: { first: () => 1 } }, 'upcasters has "first"'],
    [{ version: 2, upcasters: { 1: 'x' } }, 'upcasters[1] is a string'],
  ])('%j do not', (versions, words) => expect(versionFault(versions)).toContain(words))
})
