import { describe, expect, test } from 'vitest'
import { CONTROL_LANE } from '../../core/lanes.ts'
import { templateOf, theOne } from './synth.ts'

const template = templateOf()
const made = theOne(template, 'AWS::Lambda::Function', /^CarillonControl/)
const mapping = theOne(template, 'AWS::Lambda::EventSourceMapping', /^CarillonControl/)
const queue = theOne(template, 'AWS::SQS::Queue', /^CarillonLanescontrolQueue/)

describe('the control lane', () => {
  test('has a queue that hides a message for as long as the lane says', () =>
    expect(queue.Properties.VisibilityTimeout).toBe(CONTROL_LANE.visibilityMs / 1_000))

  test('has a function of its own, with the timeout and memory of the lane', () =>
    expect([made.Properties.Timeout, made.Properties.MemorySize]).toEqual([
      CONTROL_LANE.functionTimeoutMs / 1_000,
      CONTROL_LANE.memoryMb,
    ]))

  test('takes answers for each message, and as many messages at once as the lane says', () =>
    expect(mapping.Properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: CONTROL_LANE.batchCount,
      ScalingConfig: { MaximumConcurrency: CONTROL_LANE.maxConcurrency },
    }))

  test.each(['CarillonControl', 'CarillonRelay', 'CarillonSweep', 'CarillonBury', 'CarillonExecutornormal'])(
    '%s is told of its queue, although it is none of the lanes of tasks',
    (id) => {
      const told = theOne(template, 'AWS::Lambda::Function', new RegExp(`^${id}`)).Properties.Environment.Variables
      expect(JSON.stringify(told.CARILLON_QUEUES)).toContain('\\"control\\":')
      expect(told.CARILLON_LANES ?? '').not.toContain('"control"')
    },
  )
})
