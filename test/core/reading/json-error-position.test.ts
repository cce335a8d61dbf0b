import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonErrorPosition } from '../../../core/reading/json.ts'

const offset = (text: string): number => jsonErrorPosition(text).offset

test.each([
  ['', 0],
  ['{', 1],
  ['undefined', 0],
  ['{"a":abc}', 5],
  ['[1,]', 3],
  ['{"a":1}x', 7],
  ['"\\x"', 2],
  ['"a\nb"', 2],
  ['[1 2]', 3],
  ['[-x]', 2],
  ['{"a":1,"b":tru', 14],
  ['01', 1],
])('%j has its error at %i', (text, place) => expect(offset(text)).toBe(place))

test('line and column start at 1', () => {
  expect(jsonErrorPosition('{\n  "a": !\n}')).toEqual({ offset: 9, line: 2, column: 8 })
})

test('an invalid character outside strings is found at each position', () => {
  // Only between tokens: within a string the character is valid.
  const json = fc
    .array(fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)), { minLength: 1 })
    .map((list) => JSON.stringify(list))
  fc.assert(
    fc.property(json, fc.nat(), (text, at) => {
      const place = at % (text.length + 1)
      expect(offset(`${text.slice(0, place)}!${text.slice(place)}`)).toBe(place)
    }),
  )
})

test('a truncated text has its error at its end', () => {
  const json = fc.json({ maxDepth: 3 }).filter((text) => text.startsWith('{') || text.startsWith('['))
  fc.assert(
    fc.property(json, fc.nat(), (text, at) => {
      const cut = text.slice(0, at % text.length)
      expect(offset(cut)).toBe(cut.length)
    }),
  )
})
