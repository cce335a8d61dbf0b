import { expect, test } from 'vitest'
import { excerpt } from '../../core/excerpt.ts'

test.each([
  ['abc', 4, 'abc'],
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc'],
  ['', 0, ''],
  ['ab', 0, ''],
  ['a😀', 3, 'a😀'],
  ['a😀b', 2, 'a\ufffd'],
  ['\ud800', 1, '\ud800'], // nothing is cut, so nothing is replaced
])('the excerpt of %j of %i characters is %j', (text, count, expected) => expect(excerpt(text, count)).toBe(expected))
