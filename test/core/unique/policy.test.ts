import { describe, expect, test } from 'vitest'
import { formatDuration } from '../../../core/duration.ts'
import { LIMITS } from '../../../core/limits.ts'
import { partAt, pathOf, readUnique, type UniqueInput, writeUnique } from '../../../core/unique/policy.ts'

const paths = (count: number) => Array.from({ length: count }, (_, index) => `/${index}`)
const longest = `/${'p'.repeat(LIMITS.uniquePathCount - 1)}`
const horizon = formatDuration(LIMITS.horizonMs)

describe('a uniqueness policy', () => {
  test.each<[string, UniqueInput, object]>([
    ['the most paths', { by: paths(LIMITS.uniqueByCount) }, { by: paths(LIMITS.uniqueByCount) }],
    ['the longest path', { by: [longest] }, { by: [longest] }],
    ['the shortest time', { within: '1ms' }, { withinMs: 1 }],
    ['the longest time', { within: horizon }, { withinMs: LIMITS.horizonMs }],
    ['replaced fields', { onDuplicate: { replace: ['input', 'tags'] } }, { replace: ['input', 'tags'] }],
    ['its own states', { states: ['succeeded'] }, { states: ['succeeded'] }],
  ])('can have %s, and is written as it was', (_, written, expected) => {
    const policy = readUnique(written)
    expect(policy).toMatchObject(expected)
    if (!('refused' in policy)) expect(readUnique(writeUnique(policy))).toEqual(policy)
  })

  test.each<[string, unknown, string, string]>([
    ['no path', { by: [] }, '/by', 'by has 0 entries; it must have 1 to 10'],
    ['a path too many', { by: paths(LIMITS.uniqueByCount + 1) }, '/by', 'by has 11 entries; it must have 1 to 10'],
    ['a path that is none', { by: ['type', 'id'] }, '/by/1', '"id"; it must be "type", "input" or a JSON pointer into the input'],
    ['a longer path', { by: [`${longest}p`] }, '/by/0', 'it must be "type", "input" or'],
    ['no time', { within: '0s' }, '/within', `above zero and at most ${horizon}`],
    ['a longer time', { within: `${LIMITS.horizonMs + 1}ms` }, '/within', 'it must be'],
    ['a time that is none', { within: 'soon' }, '/within', 'within is "soon"; it must be'],
    ['no state', { states: [] }, '/states', 'states is empty; it must name some of pending, '],
    ['an unknown state', { states: ['running', 'runing'] }, '/states/1', '"runing"; it must be one of pending, '],
    ['a similar state', { states: ['runing'] }, '/states/0', 'Did you mean "running"?'],
    ['no field', { onDuplicate: { replace: [] } }, '/onDuplicate/replace', 'onDuplicate/replace is empty'],
    ['an unknown field', { onDuplicate: { replace: ['tag'] } }, '/onDuplicate/replace/0', 'Did you mean "tags"?'],
  ])('cannot have %s', (_, written, path, message) =>
    expect(readUnique(written as UniqueInput)).toMatchObject({
      refused: 'invalid',
      path,
      message: expect.stringContaining(message),
    }),
  )

  test('names a similar word only if there is one', () => {
    expect(readUnique({ onDuplicate: { replace: ['zzz' as 'tags'] } })).toMatchObject({
      message: '"zzz"; it must be one of input, notBefore, expiresAfter, tags, priority, retry',
    })
  })

  test('has an unchanged task as its default', () =>
    expect(readUnique({})).toEqual({ by: ['type', 'input'], states: ['pending', 'scheduled', 'running', 'waiting'] }))
})

describe('a path into an input', () => {
  test.each([
    ['/a~1b/0', ['a/b', '0']],
    ['/~01', ['~1']],
    ['', undefined],
    ['a', undefined],
    ['/~2', undefined],
    ['/~', undefined],
  ])('%j is read as %j', (pointer, names) => expect(pathOf(pointer)).toEqual(names))

  test.each([
    [{ a: [1, { b: 2 }] }, ['a', '1', 'b'], 2],
    [{ a: null }, ['a', 'b'], undefined],
    [{ a: null }, ['a'], null],
    [[7], ['00'], undefined],
    [[7], ['length'], undefined],
    [Array.from({ length: 31 }, (_, index) => index), ['30'], 30],
    [{}, ['constructor'], undefined],
    ['text', ['length'], undefined],
    [7, [], 7],
  ])('of %j at %j leads to %j', (value, path, expected) => expect(partAt(value, path)).toEqual(expected))
})
