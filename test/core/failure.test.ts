import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { failureHandlerFault, failureInputFault, failureTaskInput, sampleFailure } from '../../core/failure.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Json } from '../../core/row/json.ts'
import { builtIn } from '../../handlers/index.ts'

const faultOf = (input: z.ZodType): string | undefined => failureHandlerFault('copy', { name: 'handler', input })
const error = z.object({ code: z.string(), message: z.string() })

describe('a type can handle failures', () => {
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
    ['whatever it requires of the input of the failed task', z.looseObject({ input: z.object({ url: z.url() }) })],
    ['when it requires inputOmitted', z.object({ inputOmitted: z.boolean() })],
    ['when it takes only failures of this type', z.object({ type: z.literal('copy') })],
    ['when it takes only some failures', z.object({ attempts: z.int().min(5), error: z.object({ code: z.enum(['Timeout']) }) })],
    ['when one form of its union is a failure', z.union([z.object({ url: z.url() }), z.object({ error, input: z.string() })])],
    ['when only its own code rejects the sample', z.looseObject({}).refine(() => false)],
    [
      'when its own code throws, because it may accept another failure',
      z.unknown().transform(() => {
        throw new Error('not this one')
      }),
    ],
    [
      'when it takes only failures with some error code',
      z.object({ error: z.discriminatedUnion('code', [z.object({ code: z.literal('Timeout') })]) }),
    ],
    ['when it is asynchronous, which cannot be checked in advance', z.unknown().refine(async () => true)],
  ])('%s', (_, input) => expect(faultOf(input)).toBeUndefined())
})

describe('a type cannot handle failures', () => {
  test.each<readonly [string, z.ZodType, RegExp]>([
    [
      'when it requires a field that no failure has',
      z.object({ url: z.url() }),
      /its input: \/url: missing; it must be a string\. The input/,
    ],
    ['when it requires one of some values there', z.object({ method: z.enum(['GET']) }), /\/method: missing; it must be "GET"/],
    ['when it rejects a field that every failure has', z.strictObject({ taskId: z.string() }), /\/type: unknown field/],
    ['when it requires another type of value', z.object({ error: z.string() }), /\/error: \{"code".*it must be a string/],
    ['when it takes no object', z.string(), /the failure: \{"taskId".*it must be a string/],
    ['when it takes one of some values', z.enum(['a', 'b']), /the failure: .*one of "a", "b"/],
    ['when it takes only failures of another type', z.object({ type: z.literal('move') }), /\/type: "copy"; it must be "move"/],
    [
      'when its union has another discriminator',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
      /\/kind: missing; it must be "a"/,
    ],
    ['when no form of its union is a failure', z.union([z.object({ url: z.url() }), z.string()]), /\/url: missing/],
    [
      'when every form of its union has a field that no failure has, and a value that some have',
      z.union([z.object({ url: z.string(), attempts: z.int().min(5) }), z.string()]),
      /\/url: missing/,
    ],
    ['when its fields have other names', z.record(z.string().max(3), z.unknown()), /this field name is not allowed/],
  ])('%s', (_, input, words) => {
    const fault = faultOf(input)
    expect(fault).toMatch(words)
    expect(fault).toMatch(/^type handler cannot take a failure as its input: /)
    expect(fault).toContain('{taskId, type, attempts, error: {code, message, retriable}, input}')
  })
})

test('the first three reasons are shown', () => {
  const missing = (name: string) => `/${name}: missing; it must be a string`
  expect(faultOf(z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string() }))).toBe(
    `type handler cannot take a failure as its input: ${['a', 'b', 'c'].map(missing).join('; ')}. The input of a failure task is {taskId, type, attempts, error: {code, message, retriable}, input}; name a type whose schema takes that, or give the failure task an input of its own`,
  )
})

describe('the input of a failure task', () => {
  const failure = sampleFailure('copy')

  test('is a failure of this form', () => {
    expect(failure).toEqual({
      taskId: '0'.repeat(26),
      type: 'copy',
      attempts: 1,
      error: { code: 'Error', message: 'it failed', retriable: true },
      input: {},
    })
  })

  test.each<readonly [string, Json | undefined, string | undefined, Json]>([
    ['the failure without an input', undefined, 'body', failure],
    ['the input with the failure in its field', { a: 1 }, 'body', { a: 1, body: failure }],
    ['the input of a type without such a field', { a: 1 }, undefined, { a: 1 }],
    ['the input that has the field', { body: null }, 'body', { body: null }],
    ['an input that is a text', 'text', 'body', 'text'],
    ['an input that is a list', [1], 'body', [1]],
    ['an input that is null', null, 'body', null],
  ])('is %s', (_, given, field, input) => expect(failureTaskInput(given, field, failure)).toEqual(input))
})

describe('the given input of a failure task', () => {
  const hook = { name: 'hook', input: z.looseObject({ url: z.string() }), failureField: 'failure' }

  test('is refused with the field that gets the failure, unless the input has that field', () => {
    expect(failureInputFault('copy', hook, {}, '/input')).toEqual({
      refused: 'invalid',
      message: '/input/url: missing; it must be a string; type hook gets the failure in /failure',
      path: '/input/url',
    })
    expect(failureInputFault('copy', hook, { failure: 1 }, '/input')?.message).toBe('/input/url: missing; it must be a string')
  })

  test('is bounded', () => {
    const sizeOf = (count: number) => ({ url: 'x'.repeat(count - JSON.stringify({ url: '' }).length) })
    const most = LIMITS.failureInputBytes
    expect(failureInputFault('copy', hook, sizeOf(most), '/input')).toBeUndefined()
    expect(failureInputFault('copy', hook, sizeOf(most + 1), '/input')).toEqual({
      refused: 'tooLarge',
      message: `/input: it has ${most + 1} bytes as JSON; the maximum is ${most} (failureInputBytes)`,
      path: '/input',
    })
  })
})

describe('a failure has its place in the given input of each built-in type', () => {
  const failure = sampleFailure('copy')
  test.each<readonly [string, { readonly [name: string]: string }, string]>([
    ['http', { url: 'https://ops.example.com/failed' }, 'body'],
    ['sqs', { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/failed' }, 'body'],
    ['eventbridge', { source: 'com.example', detailType: 'TaskFailed' }, 'detail'],
    ['lambda', { functionName: 'on-failure' }, 'payload'],
    ['stepfunctions', { stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:on-failure' }, 'input'],
  ])('%s', (name, given, field) => {
    const type = builtIn().find((each) => each.name === name)
    if (!type) throw new Error(`no type ${name}`)
    expect(failureInputFault('copy', type, given, '')).toBeUndefined()
    const input = failureTaskInput(given, type.failureField, failure)
    expect(input).toEqual({ ...given, [field]: failure })
    expect(type.input.safeParse(input).data).toMatchObject({ [field]: failure })
    expect(failureInputFault('copy', type, {}, '/input')?.path).toMatch(/^\/input\/\w+$/)
  })

  test('also a field named __proto__ is data', () => {
    const input = failureTaskInput(JSON.parse('{"__proto__":1}'), 'body', failure) as object
    expect(Object.keys(input)).toEqual(['__proto__', 'body'])
  })

  test('a rule between fields is checked too', () => {
    const sqs = builtIn().find(({ name }) => name === 'sqs')
    const given = { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/failed.fifo' }
    expect(sqs && failureInputFault('copy', sqs, given, '/input')?.message).toMatch(
      /^\/input\/groupId: a FIFO queue needs a groupId/,
    )
  })

  test('a value that only some failures lack is no fault', () => {
    const input = z.object({
      failure: z.looseObject({ attempts: z.int().min(5), error: z.object({ code: z.enum(['Timeout']) }) }),
    })
    expect(failureInputFault('copy', { name: 'hook', input, failureField: 'failure' }, {}, '')).toBeUndefined()
    const wrong = z.object({ failure: z.object({ url: z.string() }) })
    expect(failureInputFault('copy', { name: 'hook', input: wrong, failureField: 'failure' }, {}, '')?.path).toBe('/failure/url')
  })
})
