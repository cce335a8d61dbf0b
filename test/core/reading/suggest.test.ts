import { expect, test } from 'vitest'
import { suggest } from '../../../core/reading/suggest.ts'

test('a misspelt word gets similar names, nearest first, in any case', () => {
  expect(suggest('priorty', ['lane', 'priority', 'prior'])).toEqual(['priority', 'prior'])
  expect(suggest('NOTBEFORE', ['notBefore', 'type'])).toEqual(['notBefore'])
  expect(suggest('tag', ['tags', 'type', 'lane'])).toEqual(['tags'])
})

test('a word without similar names gets none, and neither does an empty or a very long word', () => {
  expect(suggest('zebra', ['lane', 'type'])).toEqual([])
  expect(suggest('', ['lane'])).toEqual([])
  expect(suggest('x'.repeat(65), ['x'.repeat(64)])).toEqual([])
})
