import * as z from 'zod'
import { defineTask } from '../core/define.ts'
import { awsName, callAws, lazy } from './aws.ts'

const sdk = lazy(async () => {
  const { SFNClient, StartExecutionCommand } = await import('@aws-sdk/client-sfn')
  return { client: new SFNClient({}), StartExecutionCommand }
})

const MACHINE = /^(arn:[a-z-]+:states:[a-z0-9-]+:\d{12}):stateMachine:([^:/]{1,80})(?::[^:/]{1,80})?$/

/**
 * The task type `stepfunctions`: starts an execution and does not wait for its end. The output is `{executionArn}`. The name of
 * the execution is the idempotency key, so a standard state machine runs it once for all attempts. (Express state machines do not
 * deduplicate by name.)
 */
export const stepfunctions = defineTask('stepfunctions', {
  description: 'Starts one Step Functions execution and does not wait for its end.',
  input: z.strictObject({
    stateMachineArn: z
      .string()
      .regex(MACHINE, 'must be the ARN of a state machine, a version or an alias')
      .describe('ARN of the state machine, a version or an alias.'),
    input: z.json().default({}).describe('Input of the execution.'),
  }),
  timeout: '15s',
  retry: { policy: 'exponential', wait: '2s', maxWait: '5m', attempts: 5 },
  failureField: 'input',
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
        // An earlier attempt has started the execution, and it has ended.
        if (error instanceof Error && error.name === 'ExecutionAlreadyExists')
          return { executionArn: input.stateMachineArn.replace(MACHINE, `$1:execution:$2:${name}`) }
        throw error
      }
    }),
})
