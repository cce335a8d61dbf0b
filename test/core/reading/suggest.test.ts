import { expect, test } from 'vitest'
import { suggest } from '../../../core/reading/suggest.ts'

test('a misspelt word finds its neighbours, nearest first, whatever its case', () => {
  expect(suggest('priorty', ['lane', 'priority', 'prior'])).toEqual(['priority', 'prior'])
  expect(suggest('NOTBEFORE', ['notBefore', 'type'])).toEqual(['notBefore'])
  expect(suggest('tag', ['tags', 'type', 'lane'])).toEqual(['tags'])
})

test('a word that is like none finds none, nor does one of no length or too much', () => {
  expect(suggest('zebra', ['lane', 'type'])).toEqual([])
  expect(suggest('', ['lane'])).toEqual([])
  expect(suggest('x'.repeat(65), ['x'.repeat(64)])).toEqual([])
})
