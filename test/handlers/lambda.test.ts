import { InvokeCommand, type InvokeCommandOutput, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { lambda } from '../../handlers/lambda.ts'
import { attempt } from './attempt.ts'

const aws = mockClient(LambdaClient)
beforeEach(() => aws.reset())

const payload = (text: string) =>
  Object.assign(Buffer.from(text), { transformToString: () => text }) as InvokeCommandOutput['Payload'] & object
const answers = (text: string, FunctionError?: string) =>
  aws.on(InvokeCommand).resolves({ StatusCode: 200, Payload: payload(text), ...(FunctionError ? { FunctionError } : {}) })

describe('the lambda task', () => {
  it('invokes the function and returns its result', async () => {
    answers('{"sum":3}')
    const result = await attempt(lambda, { functionName: 'add:live', payload: { a: 1, b: 2 } })
    expect(result).toEqual({ outcome: 'succeeded', json: { sum: 3 } })
    const [call] = aws.commandCalls(InvokeCommand)
    expect(call?.args[0].input).toMatchObject({ FunctionName: 'add:live', Payload: '{"a":1,"b":2}' })
    const context = JSON.parse(Buffer.from(call?.args[0].input.ClientContext ?? '', 'base64').toString())
    expect(context).toEqual({ custom: { idempotencyKey: 'carillon-task-1', taskId: 'task-1', tenant: 'acme' } })
  })

  it('has no output when the function returns nothing', async () => {
    aws.on(InvokeCommand).resolves({ StatusCode: 200 })
    expect(await attempt(lambda, { functionName: 'f' })).toEqual({ outcome: 'succeeded' })
  })

  it.each(['{"entry":9007199254740993}', '{"a":1,"a":2}'])(
    'returns a result that JavaScript would change as text: %s',
    async (text) => {
      answers(text)
      expect(await attempt(lambda, { functionName: 'f' })).toEqual({ outcome: 'succeeded', json: text })
    },
  )

  it('returns a result that is not JSON as text', async () => {
    answers('plain')
    expect(await attempt(lambda, { functionName: 'f' })).toEqual({ outcome: 'succeeded', json: 'plain' })
  })

  it('fails with the error of the function, which is retriable', async () => {
    answers('{"errorType":"OutOfStock","errorMessage":"none left","trace":[]}', 'Unhandled')
    const error = { code: 'OutOfStock', message: 'none left', retriable: true }
    expect(await attempt(lambda, { functionName: 'f' })).toEqual({ outcome: 'failed', error })
  })

  it('fails with the available details if the error of the function is incomplete', async () => {
    answers('"boom"', 'Unhandled')
    const error = { code: 'Unhandled', message: 'the function failed: "boom"', retriable: true }
    expect(await attempt(lambda, { functionName: 'f' })).toEqual({ outcome: 'failed', error })
  })

  it('snoozes when Lambda throttles', async () => {
    aws.on(InvokeCommand).rejects(new TooManyRequestsException({ message: 'Rate exceeded', $metadata: {} }))
    expect(await attempt(lambda, { functionName: 'f' })).toMatchObject({ outcome: 'snoozed' })
  })

  it.each(['', 'a b', '../x'])('refuses the function name %j', (functionName) => {
    expect(lambda.input.safeParse({ functionName }).success).toBe(false)
  })
})
