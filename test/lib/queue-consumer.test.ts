import { describe, expect, test } from 'vitest'
import { CONTROL_LANE } from '../../core/lanes.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const lambda = theOne(template, 'AWS::Lambda::Function', /^CarillonControl/)
const mapping = theOne(template, 'AWS::Lambda::EventSourceMapping', /^CarillonControl/)
const queue = theOne(template, 'AWS::SQS::Queue', /^CarillonLanescontrolQueue/)

describe('the control lane', () => {
  test('has a queue with the visibility timeout of the lane', () =>
    expect(queue.Properties.VisibilityTimeout).toBe(CONTROL_LANE.visibilityMs / 1_000))

  test('has its own function, with the timeout and memory of the lane', () =>
    expect([lambda.Properties.Timeout, lambda.Properties.MemorySize]).toEqual([
      CONTROL_LANE.functionTimeoutMs / 1_000,
      CONTROL_LANE.memoryMb,
    ]))

  test('reports failures per message, with the batch size and concurrency of the lane', () =>
    expect(mapping.Properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: CONTROL_LANE.batchCount,
      ScalingConfig: { MaximumConcurrency: CONTROL_LANE.maxConcurrency },
    }))

  test.each(['CarillonControl', 'CarillonRelay', 'CarillonSweep', 'CarillonDeadLetters', 'CarillonExecutornormal'])(
    '%s gets the URL of its queue, although it is not a lane of tasks',
    (id) => {
      const variables = theOne(template, 'AWS::Lambda::Function', new RegExp(`^${id}`)).Properties.Environment.Variables
      expect(JSON.stringify(variables.CARILLON_QUEUES)).toContain('\\"control\\":')
      expect(variables.CARILLON_LANES ?? '').not.toContain('"control"')
    },
  )
})

const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping', /^CarillonDeadLetters/))
const deadLetters = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /DeadLetters/))
const variables = theOne(template, 'AWS::Lambda::Function', /^CarillonDeadLetters/).Properties.Environment.Variables

describe('the function for dead letters', () => {
  test('consumes every dead-letter queue', () => {
    const consumed = mappings.map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0])
    expect(new Set(consumed)).toEqual(new Set(deadLetters))
  })

  test('has one queue for each lane with the control lane, one for the timers, and one for each stream consumer', () =>
    expect(deadLetters).toHaveLength(8))

  test('gets the source of each queue', () => {
    const text = variables.CARILLON_DEAD_LETTERS['Fn::Join'][1].filter((part: unknown) => typeof part === 'string').join('')
    expect(text).toBe(
      '{"":"lane:high","":"lane:normal","":"lane:low","":"lane:long","":"lane:control","":"timers","":"relay","":"publish"}',
    )
  })

  test('has a low concurrency', () =>
    expect(mappings.map(({ Properties }) => Properties.ScalingConfig)).toEqual(mappings.map(() => ({ MaximumConcurrency: 2 }))))
})
