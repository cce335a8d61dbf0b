import { describe, expect, test } from 'vitest'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const schedule = theOne(template, 'AWS::Scheduler::Schedule')
const [sweep] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function', /^CarillonSweep/))

describe('the sweep', () => {
  test('runs every five minutes', () => expect(schedule.Properties.ScheduleExpression).toBe('rate(5 minutes)'))
  test('is what its schedule calls', () => expect(schedule.Properties.Target.Arn).toEqual({ 'Fn::GetAtt': [sweep, 'Arn'] }))
  test("is not in the timers' group", () => {
    const timers = theOne(template, 'AWS::Scheduler::ScheduleGroup', /^CarillonTimers/)
    expect(schedule.Properties.GroupName).not.toBe(timers.Properties.Name)
  })
  test('is all that its role may call', () => {
    const { Statement } = theOne(template, 'AWS::IAM::Policy', /^CarillonSweepRole/).Properties.PolicyDocument
    expect(Statement).toEqual([{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { 'Fn::GetAtt': [sweep, 'Arn'] } }])
  })
})
