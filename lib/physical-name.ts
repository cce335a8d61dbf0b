import { Aws, Fn } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

/**
 * The name of a resource that needs one, such as `carillon-timers-c8ab5f12-6af1b3c0-…`. It ends with the UUID of the stack, which
 * CloudFormation makes at each creation. So two stacks of one account never have the same name, whatever their apps call them,
 * and a stack can be created again while AWS still deletes the resources of the one before: a schedule group is deleted only after
 * its schedules.
 *
 * @param what the purpose of the resource, in letters and dashes
 */
export const physicalName = (scope: Construct, what: string): string =>
  // The address tells two Carillons of one stack apart.
  `carillon-${what}-${scope.node.addr.slice(-8)}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}`
