import { expect, test } from 'vitest'
import { suggest } from '../../../core/reading/suggest.ts'

test('a misspelt word gets similar names, nearest first, in any case', () => {
  expect(suggest('priorty', ['lane', 'priority', 'prior'])).toEqual(['priority', 'prior'])
  expect(suggest('NOTBEFORE', ['notBefore', 'type'])).toEqual(['notBefore'])
  expect(suggest('tag', ['tags', 'type', 'lane'])).toEqual(['tags'])
})

test('words that are equally near are in the order of the alphabet, and three at most', () => {
  expect(suggest('abcd', ['abcz', 'abcy', 'abcx', 'abcw'])).toEqual(['abcw', 'abcx', 'abcy'])
  expect(suggest('abcdef', ['abcdxy', 'abcdex', 'abcdef'])).toEqual(['abcdef', 'abcdex', 'abcdxy'])
  expect(suggest('ab', ['ab', 'ac'])).toEqual(['ab'])
  expect(suggest('x'.repeat(64), ['x'.repeat(63)])).toEqual(['x'.repeat(63)])
})

test('a word without similar names gets none, and neither does an empty or a very long word', () => {
  expect(suggest('zebra', ['lane', 'type'])).toEqual([])
  expect(suggest('', ['lane'])).toEqual([])
  expect(suggest('x'.repeat(65), ['x'.repeat(64)])).toEqual([])
})
