import { describe, expect, test } from 'vitest'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const role = theOne(template, 'AWS::IAM::Role', /^CarillonTimersRole/)
const [group] = Object.keys(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup', /^CarillonTimers/))
const [trust] = role.Properties.AssumeRolePolicyDocument.Statement
const policy = theOne(template, 'AWS::IAM::Policy', /^CarillonTimersRole/)

describe('the timers', () => {
  test('have their own schedule group', () => expect(group).toBeDefined())

  test('have a role that only EventBridge Scheduler can assume', () =>
    expect([trust.Principal, trust.Action]).toEqual([{ Service: 'scheduler.amazonaws.com' }, 'sts:AssumeRole']))

  test('have a role that trusts only this account and this group', () =>
    expect(trust.Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' }, 'aws:SourceArn': { 'Fn::GetAtt': [group, 'Arn'] } },
    }))

  test('have a role that may only send messages', () =>
    expect(policy.Properties.PolicyDocument.Statement.map(({ Action }: { Action: string }) => Action)).toEqual([
      'sqs:SendMessage',
    ]))

  test('may send only to the queue of each lane and to their dead-letter queue', () => {
    const lanes = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /^CarillonLanes\w+Queue/))
    const deadLetters = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /DeadLetter/))
    const named = policy.Properties.PolicyDocument.Statement[0].Resource.map(
      (arn: { 'Fn::GetAtt': [string, string] }) => arn['Fn::GetAtt'][0],
    )
    expect(new Set(named)).toEqual(new Set([...lanes, ...deadLetters]))
  })
})
