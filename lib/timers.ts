import { Stack } from 'aws-cdk-lib'
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { Env } from '../worlds/aws/env.ts'
import { actionsOf, type Verb } from '../worlds/aws/verbs.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import { deadLetterQueue } from './dead-letters.ts'
import { schedulerRole } from './scheduler.ts'

/** The lanes' queues, which timers send to. */
export type TimersProps = { readonly queues: readonly Queue[] }

/** Far wake-ups: a group for the one-time schedules, the role that they send with, and what they could not deliver. */
export class Timers extends Construct {
  readonly group: ScheduleGroup
  readonly role: Role
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { queues }: TimersProps) {
    super(scope, id)
    this.group = new ScheduleGroup(this, 'Group')
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', LIMITS.deadLettersTimeoutMs)
    this.role = schedulerRole(this, 'Role', this.group)
    const resources = [...queues, this.deadLetters].map(({ queueArn }) => queueArn)
    this.role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources }))
  }

  /** What the functions are told of the timers. */
  get env(): Pick<Env, 'scheduleGroup' | 'timerRoleArn' | 'timerDeadLetterArn'> {
    return {
      scheduleGroup: this.group.scheduleGroupName,
      timerRoleArn: this.role.roleArn,
      timerDeadLetterArn: this.deadLetters.queueArn,
    }
  }

  /** Lets a function use verbs of the timers in this group; to arm one, it may hand Scheduler this role and no other. */
  grantTimers(to: NodejsFunction, verbs: readonly Verb<'timers'>[]): void {
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.group.scheduleGroupName}/*`,
    })
    const actions = actionsOf('timers', verbs)
    const [passing, scheduling] = [actions.filter((action) => action === PASS), actions.filter((action) => action !== PASS)]
    to.addToRolePolicy(new PolicyStatement({ actions: scheduling, resources: [schedules] }))
    acknowledgeWildcard(to, schedules, 'A timer has the name of the row and the epoch that armed it. The group is our own.')
    if (passing.length === 0) return
    to.addToRolePolicy(
      new PolicyStatement({
        actions: passing,
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    )
  }
}

const PASS = 'iam:PassRole'
