import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { show } from '../../../core/reading/messages.ts'
import { pointer, read } from '../../../core/reading/read.ts'

const inner = z.strictObject({ n: z.int().min(1).max(3).optional(), s: z.string().min(2).max(3).optional() })
const schema = z.object({
  kind: z.enum(['red', 'green']).optional(),
  only: z.literal('this').optional(),
  inner: inner.optional(),
  list: z.array(z.number()).min(1).max(2).optional(),
  mail: z.email().optional(),
  flag: z.boolean().optional(),
  nothing: z.null().optional(),
  never: z.never().optional(),
  whole: z.int().optional(),
  code: z
    .string()
    .regex(/^[0-9]+$/)
    .optional(),
  even: z.number().multipleOf(2).optional(),
  above: z.number().gt(0).optional(),
  either: z.union([z.string(), z.strictObject({ k: z.number() })]).optional(),
  shape: z
    .discriminatedUnion('kind', [z.object({ kind: z.literal('circle') }), z.object({ kind: z.literal('square') })])
    .optional(),
  names: z.record(z.string().regex(/^[a-z]+$/), z.number()).optional(),
  mine: z.string({ error: 'say it in words' }).optional(),
  fine: z
    .string()
    .refine((text) => text !== 'bad')
    .optional(),
  when: z.date().optional(),
})

describe('an invalid value is refused with its path, the value and what would be right', () => {
  test.each<[unknown, string, string]>([
    [{ kind: 'gren' }, '/kind', '/kind: "gren"; it must be one of "red", "green". Did you mean "green"?'],
    [{ only: 1 }, '/only', '/only: 1; it must be "this"'],
    [{ inner: 1 }, '/inner', '/inner: 1; it must be an object'],
    [{ inner: { n: 9 } }, '/inner/n', '/inner/n: 9; it must be at most 3'],
    [{ inner: { n: 1.5 } }, '/inner/n', '/inner/n: 1.5; it must be a whole number'],
    [{ inner: { s: 'a' } }, '/inner/s', '/inner/s: "a" has 1 characters; it must have at least 2'],
    [{ inner: { m: 1, p: 2 } }, '/inner/m', '/inner/m: unknown field (also "p"); the fields are n, s'],
    [{ list: [] }, '/list', '/list: [] has 0 entries; it must have at least 1'],
    [{ list: [1, 'x'] }, '/list/1', '/list/1: "x"; it must be a number'],
    [{ flag: 1 }, '/flag', '/flag: 1; it must be true or false'],
    [{ list: 1 }, '/list', '/list: 1; it must be an array'],
    [{ names: 1 }, '/names', '/names: 1; it must be an object'],
    [{ nothing: 1 }, '/nothing', '/nothing: 1; it must be null'],
    [{ never: 1 }, '/never', '/never: 1; it must be absent'],
    [{ whole: '1' }, '/whole', '/whole: "1"; it must be a number'],
    [{ code: 'x' }, '/code', '/code: "x"; it must match /^[0-9]+$/'],
    [{ mail: 'x' }, '/mail', '/mail: "x"; it must be a valid email'],
    [{ even: 3 }, '/even', '/even: 3; it must be a multiple of 2'],
    [{ above: 0 }, '/above', '/above: 0; it must be above 0'],
    [{ either: { k: 'x' } }, '/either/k', '/either/k: "x"; it must be a number'],
    [{ either: 7 }, '/either', '/either: 7; it matches none of the allowed forms'],
    [{ shape: { kind: 'oval' } }, '/shape/kind', '/shape/kind: "oval"; it must be one of "circle", "square"'],
    [{ names: { 'A/~': 1 } }, '/names/A~1~0', '/names/A~1~0: this field name is not allowed'],
    [{ mine: 1 }, '/mine', '/mine: say it in words'],
    [{ fine: 'bad' }, '/fine', '/fine: "bad"; this value is not allowed'],
    [{ when: 1 }, '/when', '/when: 1; it must be a date'],
    ['text', '', 'the request: "text"; it must be an object'],
    [undefined, '', 'the request: missing; it must be an object'],
  ])('%j', (value, path, message) => {
    expect(read(schema, value)).toEqual({ refused: 'invalid', path, message })
  })

  test('with a path below the place of the value in the request', () => {
    expect(read(inner, { n: 'x' }, '/input')).toMatchObject({
      path: '/input/n',
      message: '/input/n: "x"; it must be a number',
    })
  })

  test('with long values and names cut, and with five issues at most', () => {
    const long = read(z.string(), ['y'.repeat(10_000)])
    expect(JSON.stringify(long).length).toBeLessThan(250)
    const many = read(
      z.strictObject({}),
      Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${index}${'k'.repeat(500)}`, 1])),
    )
    expect(JSON.stringify(many).length).toBeLessThan(2_000)
    expect(read(z.array(z.number()), ['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toMatchObject({
      message: expect.stringMatching(/; and 2 more$/),
    })
  })
})

test('a valid value is returned as the output of its schema', () => {
  expect(read(z.strictObject({ n: z.string().transform(Number) }), { n: '7' })).toEqual({ value: { n: 7 } })
})

test.each<readonly [unknown, string]>([
  [undefined, 'missing'],
  [5n, '5'],
  [Number.NaN, 'NaN'],
  ['a', '"a"'],
  [[1, null], '[1,null]'],
  [Symbol('a'), 'Symbol(a)'],
  ['x'.repeat(78), `"${'x'.repeat(78)}"`],
  ['x'.repeat(79), `"${'x'.repeat(78)}…`],
])('%o is shown as %s', (value, text) => expect(show(value)).toBe(text))

test('five issues are shown whole, and of more the number', () => {
  const message = (count: number) =>
    read(
      z.array(z.number()),
      Array.from({ length: count }, () => 'a'),
    )
  const shown = [0, 1, 2, 3, 4].map((place) => `/${place}: "a"; it must be a number`).join('; ')
  expect(message(5)).toEqual({ refused: 'invalid', message: shown, path: '/0' })
  expect(message(6)).toEqual({ refused: 'invalid', message: `${shown}; and 1 more`, path: '/0' })
})

test.each<readonly [z.ZodType, unknown, string]>([
  [z.strictObject({}), { a: 1 }, '/a: unknown field; no fields are allowed'],
  [z.strictObject({ k: z.string() }), { k: 'x', a: 1, b: 2, c: 3 }, '/a: unknown field (also "b", "c"); the fields are k'],
  [z.array(z.string()).max(1), ['a', 'b'], 'the request: ["a","b"] has 2 entries; it must have at most 1'],
  [z.set(z.string()).min(1), new Set(), 'the request: {} has 0 entries; it must have at least 1'],
  [z.number().lt(5), 5, 'the request: 5; it must be below 5'],
  [z.union([z.string(), z.number()]), true, 'the request: true; it matches none of the allowed forms'],
  [z.enum(['red']), 'blue', 'the request: "blue"; it must be "red"'],
  [
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('circle') }), z.object({ kind: z.literal('square') })]),
    { kind: 'sqare' },
    '/kind: "sqare"; it must be one of "circle", "square". Did you mean "square"?',
  ],
])('an issue of the whole value is refused: %#', (form, value, message) => {
  expect(read(form, value)).toMatchObject({ message })
})

test('a pointer escapes slash and tilde', () => {
  expect(pointer(['a/b', 0, '~'])).toBe('/a~1b/0/~0')
  expect(pointer([])).toBe('')
})
