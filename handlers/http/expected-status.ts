import * as z from 'zod'

const CLASS = /^([1-5])xx$/
const RANGE = /^([1-5]\d\d)-([1-5]\d\d)$/

const one = z.union([z.int().min(100).max(599), z.string().regex(CLASS), z.string().regex(RANGE)])

/** The statuses of a success: `200`, `"2xx"`, `"200-204"`, or a list of these. */
export const expectedStatus = z.union([one, z.array(one).min(1).max(20)])
/** The output of `expectedStatus`. */
export type ExpectedStatus = z.output<typeof expectedStatus>

/** Is this an expected status? @example isExpected('200-204', 203) // true */
export const isExpected = (expected: ExpectedStatus, status: number): boolean => {
  if (typeof expected === 'object') return expected.some((each) => isExpected(each, status))
  if (typeof expected === 'number') return status === expected
  const [from, to] = bounds(expected)
  return from <= status && status <= to
}

const bounds = (text: string): readonly [number, number] => {
  const [, hundreds] = CLASS.exec(text) ?? []
  if (hundreds) return [Number(hundreds) * 100, Number(hundreds) * 100 + 99]
  const [from, to] = text.split('-')
  return [Number(from), Number(to)]
}
