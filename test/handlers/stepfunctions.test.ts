import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand, StateMachineDoesNotExist } from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { stepfunctions } from '../../handlers/stepfunctions.ts'
import { attempt } from './attempt.ts'

const aws = mockClient(SFNClient)
beforeEach(() => aws.reset())

const stateMachineArn = 'arn:aws:states:eu-central-1:123456789012:stateMachine:ship'
const executionArn = 'arn:aws:states:eu-central-1:123456789012:execution:ship:carillon-task-1'

describe('the stepfunctions task', () => {
  it('starts an execution that is named after the task', async () => {
    aws.on(StartExecutionCommand).resolves({ executionArn, startDate: new Date(0) })
    const result = await attempt(stepfunctions, { stateMachineArn, input: { n: 1 } })
    expect(result).toEqual({ outcome: 'succeeded', json: { executionArn } })
    expect(aws.commandCalls(StartExecutionCommand)[0]?.args[0].input).toEqual({
      stateMachineArn,
      name: 'carillon-task-1',
      input: '{"n":1}',
    })
  })

  it.each([stateMachineArn, `${stateMachineArn}:3`, `${stateMachineArn}:live`])(
    'succeeds with the execution of %s that an earlier attempt has started',
    async (arn) => {
      aws.on(StartExecutionCommand).rejects(new ExecutionAlreadyExists({ message: 'exists', $metadata: {} }))
      expect(await attempt(stepfunctions, { stateMachineArn: arn })).toEqual({ outcome: 'succeeded', json: { executionArn } })
    },
  )

  it('fails without retry for an unknown state machine', async () => {
    aws.on(StartExecutionCommand).rejects(new StateMachineDoesNotExist({ message: 'none', $metadata: {} }))
    const error = { code: 'StateMachineDoesNotExist', message: 'none', retriable: false }
    expect(await attempt(stepfunctions, { stateMachineArn })).toEqual({ outcome: 'failed', error })
  })

  it('refuses any text that is no ARN of a state machine', () => {
    expect(stepfunctions.input.safeParse({ stateMachineArn: executionArn }).success).toBe(false)
  })
})
