import type { EventBus, IEventBus } from 'aws-cdk-lib/aws-events'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Alias, IFunction, Version } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { needs, type Step } from '../engine/needs.ts'
import { actionsOf, type Service, type Verb } from '../worlds/aws/verbs.ts'
import { acknowledgeActions, acknowledgeWildcard } from './acknowledge.ts'
import type { LaneQueueSet } from './lanes.ts'
import type { Store } from './table.ts'
import type { Timers } from './timers.ts'

/** The resources behind the verbs of `engine/needs.ts`. */
export type NeededResources = {
  readonly store: Store
  readonly timers: Timers
  readonly lanes: LaneQueueSet
  readonly bus: Pick<IEventBus, 'eventBusArn'>
}

/** Grants the verbs that a step needs according to `engine/needs.ts`, and nothing else. */
export const grantNeeds = ({ store, timers, lanes, bus }: NeededResources, step: Step, grantee: IGrantable): Grant => {
  const verbs: { readonly [Of in Service]?: readonly Verb<Of>[] } = needs[step]
  return combined(grantee, [
    ...(verbs.store ? [store.grantStore(grantee, verbs.store)] : []),
    ...(verbs.timers ? [timers.grantTimers(grantee, verbs.timers)] : []),
    ...(verbs.queue ? [lanes.grantQueue(grantee, verbs.queue)] : []),
    ...(verbs.bus ? [grantBus(bus, grantee, verbs.bus)] : []),
  ])
}

const grantBus = ({ eventBusArn }: NeededResources['bus'], grantee: IGrantable, verbs: readonly Verb<'bus'>[]): Grant =>
  Grant.addToPrincipal({ grantee, actions: [...actionsOf('bus', verbs)], resourceArns: [eventBusArn] })

/** CDK's own `Alias`, `Version` and `EventBus` are not assignable to their interfaces under `exactOptionalPropertyTypes`. */
type TargetFunction = IFunction | Alias | Version

/** Resources of the account that the built-in task types may use. A resource that is not listed is not granted. */
export type Targets = {
  /** Functions that tasks of type `lambda` may invoke, with all their versions and aliases; or single versions and aliases. @default none */
  readonly functions?: readonly TargetFunction[]
  /** Queues that tasks of type `sqs` may send messages to. The key of an encrypted queue is granted if CDK knows it. @default none */
  readonly queues?: readonly IQueue[]
  /** Event buses that tasks of type `eventbridge` may put events on. @default none */
  readonly buses?: readonly (IEventBus | EventBus)[]
  /** State machines that tasks of type `stepfunctions` may start, with all their versions and aliases. @default none */
  readonly stateMachines?: readonly IStateMachine[]
}

/**
 * Grants each target with its own grant method, so that the policy fits what the target is: a function with its versions and
 * aliases, one alias, a queue with its key. The input of the task types accepts these ARNs; `test/lib/targets.test.ts` compares them.
 */
export const grantTargets = (
  { functions = [], queues = [], buses = [], stateMachines = [] }: Targets,
  grantee: IGrantable,
): Grant =>
  combined(grantee, [
    ...functions.map((target) => grantFunction(target, grantee)),
    ...queues.map((target) => grantQueue(target, grantee)),
    ...buses.map((target) => target.grantPutEventsTo(grantee)),
    ...stateMachines.map((target) => grantStateMachine(target, grantee)),
  ])

/**
 * CDK grants a function with everything behind its name, that is with its versions and aliases; an alias or a version alone. It
 * refuses to change the policy of an imported function whose account it does not know. There, the role's own policy is enough.
 */
const grantFunction = (target: TargetFunction, grantee: IGrantable): Grant => {
  for (const arn of target.resourceArnsForGrantInvoke)
    acknowledgeWildcard(grantee, arn, 'A listed function is listed with its versions and aliases: tasks name `function:alias`.')
  try {
    return target.grantInvoke(grantee)
  } catch (error) {
    if (!(error instanceof Error && error.name === 'CannotModifyLambdaPermission')) throw error
    const resourceArns = target.resourceArnsForGrantInvoke
    return Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns })
  }
}

/** A queue with a key of its own needs the key too: CDK grants the actions of a sender, and two of them end in a wildcard. */
const grantQueue = (target: IQueue, grantee: IGrantable): Grant => {
  const reason = 'The actions of a sender to an encrypted queue, on the key of that queue only.'
  if (target.encryptionMasterKey) acknowledgeActions(grantee, ['kms:ReEncrypt*', 'kms:GenerateDataKey*'], reason)
  return target.grantSendMessages(grantee)
}

/** A version or an alias of a state machine is a resource of its own, which CDK's grant leaves out. */
const grantStateMachine = (target: IStateMachine, grantee: IGrantable): Grant => {
  const qualified = `${target.stateMachineArn}:*`
  const reason = 'A listed state machine is listed with its versions and aliases: tasks name `stateMachine:name:alias`.'
  acknowledgeWildcard(grantee, qualified, reason)
  return target
    .grantStartExecution(grantee)
    .combine(Grant.addToPrincipal({ grantee, actions: ['states:StartExecution'], resourceArns: [qualified] }))
}

/** One grant for several. An empty list is a dropped grant, as elsewhere in CDK. */
const combined = (grantee: IGrantable, grants: readonly Grant[]): Grant =>
  grants.reduce((all, grant) => all.combine(grant), Grant.drop(grantee, 'nothing to grant'))
