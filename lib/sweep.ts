import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { CfnSchedule, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { Env } from '../worlds/aws/env.ts'
import { functionFor } from './function.ts'
import { schedulerRole } from './scheduler.ts'

/** What the sweep is told. */
export type SweepProps = { readonly env: Partial<Env> & Pick<Env, 'environmentId'> }

/** The safety net: a sweep every few minutes, from a schedule of its own group, so that the timers' group has timers only. */
export class Sweep extends Construct {
  readonly function: NodejsFunction

  constructor(scope: Construct, id: string, { env }: SweepProps) {
    super(scope, id)
    this.function = functionFor(this, 'Function', { step: 'sweep', memoryMb: 512, timeoutMs: LIMITS.sweepTimeoutMs, env })
    const group = new ScheduleGroup(this, 'Group')
    const role = schedulerRole(this, 'Role', group)
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.function.functionArn] }))
    const schedule = new CfnSchedule(this, 'Schedule', {
      groupName: group.scheduleGroupName,
      scheduleExpression: `rate(${LIMITS.sweepEveryMs / 60_000} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        // The next sweep makes up for one that could not be started.
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: LIMITS.sweepEveryMs / 1_000 },
      },
    })
    // Scheduler tries the role when the schedule is made.
    schedule.node.addDependency(role)
  }
}
