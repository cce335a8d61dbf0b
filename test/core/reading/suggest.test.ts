import { expect, test } from 'vitest'
import { near } from '../../../core/reading/suggest.ts'

test('a misspelt word finds its neighbours, nearest first, whatever its case', () => {
  expect(near('priorty', ['lane', 'priority', 'prior'])).toEqual(['priority', 'prior'])
  expect(near('NOTBEFORE', ['notBefore', 'type'])).toEqual(['notBefore'])
  expect(near('tag', ['tags', 'type', 'lane'])).toEqual(['tags'])
})

test('a word that is like none finds none, nor does one of no length or too much', () => {
  expect(near('zebra', ['lane', 'type'])).toEqual([])
  expect(near('', ['lane'])).toEqual([])
  expect(near('x'.repeat(65), ['x'.repeat(64)])).toEqual([])
})
