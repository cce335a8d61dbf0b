import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import { physicalName } from './physical-name.ts'

/**
 * A schedule group, which is deleted with its stack together with all its schedules. CDK's own `ScheduleGroup` is retained by
 * default, under a name made of the construct's path: then a stack could not be created again after it was deleted.
 */
export const scheduleGroup = (scope: Construct, id: string, what: string): CfnScheduleGroup => {
  const group = new CfnScheduleGroup(scope, id, { name: physicalName(scope, what) })
  group.applyRemovalPolicy(RemovalPolicy.DESTROY)
  return group
}

/** A role that EventBridge Scheduler can assume for the schedules of this group in this account, and for no others. */
export const schedulerRole = (scope: Construct, id: string, group: CfnScheduleGroup): Role =>
  new Role(scope, id, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account, 'aws:SourceArn': group.attrArn },
      },
    }),
  })
