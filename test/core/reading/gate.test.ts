import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { LIMITS } from '../../../core/limits.ts'
import { gateField, gateView, writeGate } from '../../../core/reading/gate.ts'
import {
  limitField,
  limitShape,
  limitView,
  readFarTasks,
  readLimit,
  typeLimitField,
  typeLimitView,
  writeLimit,
  writeTypeLimit,
} from '../../../core/reading/limit.ts'
import { read } from '../../../core/reading/read.ts'
import { isRefusal } from '../../../core/refusal.ts'

const refusalOf = (schema: z.ZodType, value: unknown): string => {
  const answer = read(schema, value)
  return isRefusal(answer) ? answer.message : `accepted: ${JSON.stringify(answer.value)}`
}
const accepted = <Schema extends z.ZodType>(schema: Schema, value: z.input<Schema>): z.output<Schema> => {
  const answer = read(schema, value)
  if (isRefusal(answer)) throw new Error(answer.message)
  return answer.value
}

describe('a written gate', () => {
  test('has limit 1 when it names neither limit nor rate', () => {
    expect(accepted(gateField, { key: 'a' })).toEqual({ key: 'a', limit: 1 })
    expect(accepted(gateField, { key: 'a', onBusy: 'wait' })).toEqual({ key: 'a', limit: 1 })
  })
  test('has no limit when it names only a rate', () => {
    expect(accepted(gateField, { key: 'a', rate: { count: 2, per: '1m' } })).toEqual({
      key: 'a',
      rate: { count: 2, periodMs: 60_000 },
    })
  })
  test('is read and written back unchanged', () => {
    const whole = { key: 'env:a.b_c-D', limit: 3, rate: { count: 100, per: '1d' }, onBusy: 'replace' } as const
    expect(writeGate(accepted(gateField, whole))).toEqual(whole)
    expect(writeGate({ key: 'a', limit: 1 })).toEqual({ key: 'a', limit: 1, onBusy: 'wait' })
  })

  test.each<[object, string]>([
    [{}, '/key: missing; it must be a string'],
    [{ key: 'a/b' }, '/key: "a/b"; it must be 1 to 100 letters, digits, dots, dashes, colons and underscores'],
    [{ key: '' }, '/key: ""; it must be 1 to 100 letters, digits, dots, dashes, colons and underscores'],
    [{ key: 'a', limit: 0 }, '/limit: 0; it must be at least 1'],
    [{ key: 'a', limit: 101 }, '/limit: 101; it must be at most 100'],
    [{ key: 'a', limit: 1.5 }, '/limit: 1.5; it must be a whole number'],
    [{ key: 'a', rate: { count: 1 } }, '/rate/per: missing; it must be a string'],
    [{ key: 'a', rate: { count: 101, per: '1m' } }, '/rate/count: 101; it must be at most 100'],
    [{ key: 'a', onBusy: 'skp' }, '/onBusy: "skp"; it must be one of "wait", "skip", "fail", "replace". Did you mean "skip"?'],
    [{ key: 'a', limits: 1 }, '/limits: unknown field; the fields are key, limit, rate, onBusy. Did you mean "limit"?'],
  ])('is refused with path, value and remedy: %j', (value, message) => expect(refusalOf(gateField, value)).toBe(message))

  test.each(['1ms', '2d', 'soon'])('is refused with a period of %s: it must be from a second to a day', (per) =>
    expect(refusalOf(gateField, { key: 'a', rate: { count: 1, per } })).toMatch(/^\/rate\/per: .*, from 1s to 1d$/),
  )
})

describe('a limit', () => {
  test('is read and written back unchanged', () => {
    const limit = { concurrency: 5, rate: { count: 10, per: '1h' } }
    expect(accepted(limitField, limit)).toEqual({ limit: 5, rate: { count: 10, periodMs: 3_600_000 } })
    expect(writeLimit(accepted(limitField, limit))).toEqual(limit)
    expect(writeLimit(accepted(limitField, {}))).toEqual({})
  })
  test('of a task type applies to each tenant by default', () => {
    expect(writeTypeLimit(accepted(typeLimitField, { concurrency: 5 }))).toEqual({ concurrency: 5, across: 'tenant' })
    expect(writeTypeLimit(accepted(typeLimitField, { concurrency: 5, across: 'all' }))).toEqual({ concurrency: 5, across: 'all' })
  })
  test('in code or configuration is read, or throws with the name of its setting', () => {
    expect(readLimit('tenantLimit', { concurrency: 5 })).toEqual({ limit: 5 })
    expect(() => readLimit('tenantLimit', { concurrency: 0 })).toThrow('tenantLimit: /concurrency: 0; it must be at least 1')
  })
  test('of a task type may have only a rate', () => {
    expect(accepted(typeLimitField, { rate: { count: 1, per: '1m' }, across: 'tenant' })).toEqual({
      rate: { count: 1, periodMs: 60_000 },
      across: 'tenant',
    })
    expect(refusalOf(typeLimitField, { concurrency: 1, across: 'al' })).toBe('/across: "al"; it must be one of "tenant", "all"')
  })
  test('explains its fields', () => {
    const { shape } = limitShape
    expect(shape.concurrency.meta()?.description).toBe('At most so many tasks run at once.')
    expect(shape.rate.unwrap().meta()?.description).toMatch(/^At most `count` tasks start/)
  })
  test('of a task type must have concurrency or rate', () =>
    expect(refusalOf(typeLimitField, { across: 'all' })).toBe('the request: it must have concurrency, rate, or both'))
})

describe('the views of answers', () => {
  const rate = { count: 9, periodMs: 60_000 }

  test('show what is written, and nothing else', () => {
    const gate = writeGate({ key: 'a', limit: 1, rate, onBusy: 'skip' })
    expect(gateView.parse({ ...gate, more: 1 })).toEqual(gate)
    const limit = writeLimit({ limit: 1, rate })
    expect(limitView.parse({ ...limit, more: 1 })).toEqual(limit)
    for (const across of ['tenant', 'all'] as const) {
      const written = writeTypeLimit({ limit: 1, rate, across })
      expect(typeLimitView.parse({ ...written, more: 1 })).toEqual(written)
    }
  })

  test('have no other value for whom a limit counts', () =>
    expect(typeLimitView.safeParse({ concurrency: 1, across: '' }).success).toBe(false))
})

describe('the bound on far tasks', () => {
  const { farTasksLeastCount: least, farTasksMostCount: most } = LIMITS

  test.each([least, most])('may be %i', (bound) => expect(readFarTasks('tenantFarTasks', bound)).toBe(bound))

  test.each([least - 1, most + 1, least + 0.5, Number.NaN, Number.POSITIVE_INFINITY])('may not be %d', (bound) =>
    expect(() => readFarTasks('tenantFarTasks', bound)).toThrow(
      new TypeError(`tenantFarTasks is ${bound}; it must be a whole number from ${least} to ${most}`),
    ),
  )
})
