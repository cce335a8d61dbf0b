import * as z from 'zod'
import { defineTask, type Json, retriable } from '../core/define.ts'
import { callAws, lazy } from './aws.ts'
import { jsonOrText } from './http/input.ts'

const sdk = lazy(async () => {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda')
  // One attempt: a retry of the client would run the function again without the retry policy of the task.
  return { client: new LambdaClient({ maxAttempts: 1 }), InvokeCommand }
})

/**
 * The task type `lambda`: invokes a function; its result is the output. The function gets the idempotency key in its context,
 * as `clientContext.custom.idempotencyKey`.
 */
export const lambda = defineTask('lambda', {
  description: 'Invokes a Lambda function and returns its result. An error of the function is retried.',
  input: z.strictObject({
    functionName: z
      .string()
      .regex(/^[a-zA-Z0-9:_$-]{1,200}$/, 'must be a function name, a name with an alias or version, or an ARN')
      .describe('Name or ARN of the function, optionally with `:alias` or `:version`.'),
    payload: z.json().default({}).describe('Event for the function.'),
  }),
  retry: { policy: 'exponential', wait: '5s', maxWait: '10m', attempts: 3 },
  failureField: 'payload',
  run: ({ input, signal, idempotencyKey, task }) =>
    callAws(signal, async () => {
      const { client, InvokeCommand } = await sdk()
      const custom = { idempotencyKey, taskId: task.id, tenant: task.tenant }
      const request = new InvokeCommand({
        FunctionName: input.functionName,
        Payload: JSON.stringify(input.payload),
        ClientContext: Buffer.from(JSON.stringify({ custom })).toString('base64'),
      })
      const { FunctionError, Payload } = await client.send(request, { abortSignal: signal })
      const result = parseResult(Payload?.transformToString() ?? '')
      if (FunctionError) throw failureOf(FunctionError, result)
      return result
    }),
})

/** A custom runtime can return any text. */
const parseResult = (text: string): Json | undefined => (text === '' ? undefined : jsonOrText(text))

const report = z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() })

const failureOf = (kind: string, result: Json | undefined) => {
  const { errorType, errorMessage } = report.safeParse(result).data ?? {}
  return retriable(errorType || kind, errorMessage ?? `the function failed: ${JSON.stringify(result) ?? 'no result'}`)
}
