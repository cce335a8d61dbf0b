import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { failureHandlerFault } from '../../core/failure.ts'

const misfit = (input: z.ZodType): string | undefined => failureHandlerFault('copy', { name: 'handler', input })
const error = z.object({ code: z.string(), message: z.string() })

describe('a type may handle failures', () => {
  test.each<readonly [string, z.ZodType]>([
    ['when it takes anything', z.unknown()],
    ['when it takes any JSON', z.json()],
    ['when it takes a part of a failure', z.object({ taskId: z.string(), error })],
    [
      'when it takes exactly a failure',
      z.strictObject({
        taskId: z.string(),
        type: z.string(),
        attempts: z.int().positive(),
        error: z.strictObject({ code: z.string(), message: z.string(), retriable: z.boolean() }),
        input: z.unknown().optional(),
        inputOmitted: z.literal(true).optional(),
      }),
    ],
    ['whatever it wants of the input that failed', z.looseObject({ input: z.object({ url: z.url() }) })],
    ['when it wants to know whether the input is there', z.object({ inputOmitted: z.boolean() })],
    ['when it takes failures of this type only', z.object({ type: z.literal('copy') })],
    ['when it takes some failures only', z.object({ attempts: z.int().min(5), error: z.object({ code: z.enum(['Timeout']) }) })],
    ['when one of its forms is a failure', z.union([z.object({ url: z.url() }), z.object({ error, input: z.string() })])],
    ['when it has the last word by code of its own', z.looseObject({}).refine(() => false)],
    [
      'when its code throws, which says nothing of another failure',
      z.unknown().transform(() => {
        throw new Error('not this one')
      }),
    ],
    ['when it reads asynchronously, which only its first task shows', z.unknown().refine(async () => true)],
  ])('%s', (_, input) => expect(misfit(input)).toBeUndefined())
})

describe('a type cannot handle failures', () => {
  test.each<readonly [string, z.ZodType, RegExp]>([
    [
      'when it wants what a failure never has',
      z.object({ url: z.url() }),
      /its input: \/url: missing; it must be a string\. What/,
    ],
    ['when it wants one of some words there', z.object({ method: z.enum(['GET']) }), /\/method: missing; it must be "GET"/],
    ['when it refuses what a failure always has', z.strictObject({ taskId: z.string() }), /\/type: unknown field/],
    ['when it wants another kind of value', z.object({ error: z.string() }), /\/error: \{"code".*it must be a string/],
    ['when it takes no object', z.string(), /the whole: \{"taskId".*it must be a string/],
    ['when it takes one of some words', z.enum(['a', 'b']), /the whole: .*one of "a", "b"/],
    ['when it takes failures of another type only', z.object({ type: z.literal('move') }), /\/type: "copy"; it must be "move"/],
    [
      'when it tells its forms apart by another field',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
      /\/kind: missing; it must be "a"/,
    ],
    ['when none of its forms is a failure', z.union([z.object({ url: z.url() }), z.string()]), /\/url: missing/],
    ['when its fields have other names', z.record(z.string().max(3), z.unknown()), /this field name is not allowed/],
  ])('%s', (_, input, words) => {
    const said = misfit(input)
    expect(said).toMatch(words)
    expect(said).toMatch(/^type handler cannot take a failure as its input: /)
    expect(said).toContain('{taskId, type, attempts, error: {code, message, retriable}, input}')
  })
})
