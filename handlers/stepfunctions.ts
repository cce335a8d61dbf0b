import * as z from 'zod'
import { defineTask } from '../core/define.ts'
import { awsName, callAws, lazy } from './aws.ts'

const sdk = lazy(async () => {
  const { SFNClient, StartExecutionCommand } = await import('@aws-sdk/client-sfn')
  return { client: new SFNClient({}), StartExecutionCommand }
})

const MACHINE = /^(arn:[a-z-]+:states:[a-z0-9-]+:\d{12}):stateMachine:([^:/]{1,80})(?::[^:/]{1,80})?$/

/**
 * The task type `stepfunctions`: starts an execution and does not wait for its end; the output is `{executionArn}`. The
 * execution is named after the task, so however often the task is tried, a standard state machine runs it once. (Express
 * state machines know no such names.)
 */
export const stepfunctions = defineTask('stepfunctions', {
  description: 'Starts a Step Functions execution, once, and does not wait for its end.',
  input: z.strictObject({
    stateMachineArn: z
      .string()
      .regex(MACHINE, 'must be the ARN of a state machine, a version or an alias')
      .describe('ARN of the state machine, or of a version or alias of it.'),
    input: z.json().default({}).describe('The input of the execution.'),
  }),
  timeout: '15s',
  retry: { policy: 'exponential', wait: '2s', maxWait: '5m', attempts: 5 },
  run: ({ input, signal, idempotencyKey }) =>
    callAws(signal, async () => {
      const { client, StartExecutionCommand } = await sdk()
      const name = awsName(idempotencyKey)
      const request = new StartExecutionCommand({
        stateMachineArn: input.stateMachineArn,
        name,
        input: JSON.stringify(input.input),
      })
      try {
        const { executionArn } = await client.send(request, { abortSignal: signal })
        return { executionArn }
      } catch (error) {
        // An earlier attempt has started it, and it has ended already.
        if (error instanceof Error && error.name === 'ExecutionAlreadyExists')
          return { executionArn: input.stateMachineArn.replace(MACHINE, `$1:execution:$2:${name}`) }
        throw error
      }
    }),
})
