import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Upcasters, upcast, versionFault } from '../../core/upcast.ts'

/** A chain of upcasters, each of which appends its version. */
const chain = (version: number): Upcasters =>
  Object.fromEntries(
    Array.from({ length: version - 1 }, (_, index) => [index + 1, (old: readonly number[]) => [...old, index + 1]]),
  )

describe('an input of an earlier version', () => {
  test('passes through every upcaster from its own version to the current one, in order, and through no other', () => {
    const versions = fc.integer({ min: 1, max: 30 }).chain((to) => fc.tuple(fc.integer({ min: 1, max: to }), fc.constant(to)))
    fc.assert(
      fc.property(versions, ([from, to]) => {
        const steps = Array.from({ length: to - from }, (_, index) => from + index)
        expect(upcast({ name: 'greet', version: to, upcasters: chain(to) }, from, [])).toEqual({ input: steps })
      }),
    )
  })

  test('is never modified, even when an upcaster modifies its argument', () => {
    const given = { name: 'Ada', more: { times: 1 } }
    const upcasters = { 1: (old: { more: { times: number } }) => Object.assign(old.more, { times: 2 }) && old }
    expect(upcast({ name: 'greet', version: 2, upcasters }, 1, given)).toEqual({ input: { name: 'Ada', more: { times: 2 } } })
    expect(given).toEqual({ name: 'Ada', more: { times: 1 } })
  })

  test('is returned unchanged when it has the current version', () => {
    expect(upcast({ name: 'greet' }, 1, 'Ada')).toEqual({ input: 'Ada' })
  })
})

describe('an input that cannot be converted', () => {
  test.each<[string, number, Upcasters, RegExp]>([
    ['of a newer version', 4, chain(3), /created under version 4 of type greet, but this executor has version 3; deploy/],
    [
      'whose step is missing',
      1,
      { 1: chain(3)[1] as never },
      /under version 1 .* has version 3, but no upcaster leads from 2 to 3/,
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
    [
      'whose upcaster returns nothing',
      2,
      { 2: () => undefined },
      /upcasters\[2\] returned undefined; it must return the input of version 3 synchronously$/,
    ],
    [
      'whose upcaster is asynchronous',
      2,
      { 2: async () => [] },
      /upcasters\[2\] returned a promise; it must return .* synchronously/,
    ],
  ])('%s gives a message with the versions', (_, from, upcasters, words) => {
    expect(upcast({ name: 'greet', version: 3, upcasters }, from, [])).toEqual({ fault: expect.stringMatching(words) })
  })
})

describe('the versions of a type', () => {
  test('are valid with an upcaster for each step, or for the last steps only', () => {
    expect(versionFault({})).toBeUndefined()
    expect(versionFault({ version: 3, upcasters: chain(3) })).toBeUndefined()
    // A type may end the support of its oldest versions.
    expect(versionFault({ version: 3, upcasters: { 2: () => 1 } })).toBeUndefined()
  })

  test.each<[object, string]>([
    [{ version: 0 }, 'version is 0; it must be a whole number from 1'],
    [{ version: 1.5 }, 'version is 1.5'],
    [{ version: Number.NaN }, 'version is NaN'],
    [
      { version: 2, upcasters: { 2: () => 1 } },
      'upcasters[2] leads to version 3, but the type has version 2; set version to 3, or remove it',
    ],
    [{ upcasters: { 1: () => 1 } }, 'upcasters[1] leads to version 2, but the type has version 1'],
    [{ version: 2, upcasters: { 0: () => 1 } }, 'upcasters has "0"'],
    [{ version: 2, upcasters: { first: () => 1 } }, 'upcasters has "first"'],
    [
      { version: 2, upcasters: { '01': () => 1 } },
      'upcasters has "01"; each key must be the version from which it starts, a whole number from 1',
    ],
    [{ version: 2, upcasters: { 1: 'x' } }, 'upcasters[1] is a string'],
  ])('are refused: %j', (versions, words) => expect(versionFault(versions)).toContain(words))
})
