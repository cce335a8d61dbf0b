import { describe, expect, test } from 'vitest'
import { CONTROL_LANE } from '../../core/lanes.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

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

const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping', /^CarillonBury/))
const deadLetters = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /DeadLetters/))
const told = theOne(template, 'AWS::Lambda::Function', /^CarillonBury/).Properties.Environment.Variables

describe('the burier', () => {
  test('takes what ends on every dead-letter queue', () => {
    const taken = mappings.map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0])
    expect(new Set(taken)).toEqual(new Set(deadLetters))
  })

  test('there is one for each lane, the control lane too, one for the timers, and one for each that hears the stream', () =>
    expect(deadLetters).toHaveLength(8))

  test('is told what each of them holds', () => {
    const text = told.CARILLON_DEAD_LETTERS['Fn::Join'][1].filter((part: unknown) => typeof part === 'string').join('')
    expect(text).toBe(
      '{"":"lane:high","":"lane:normal","":"lane:low","":"lane:long","":"lane:control","":"timers","":"relay","":"publish"}',
    )
  })

  test('is in no hurry', () =>
    expect(mappings.map(({ Properties }) => Properties.ScalingConfig)).toEqual(mappings.map(() => ({ MaximumConcurrency: 2 }))))
})
