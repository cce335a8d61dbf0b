import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { needs, type Step } from '../engine/needs.ts'
import type { Service, Verb } from '../worlds/aws/verbs.ts'

/** How a function is let at the verbs of each service. */
export type Grants = { readonly [Of in Service]: (to: NodejsFunction, verbs: readonly Verb<Of>[]) => void }

/** Grants a step's function the verbs that `engine/needs.ts` says that the step needs, and nothing else. */
export const grantNeeds = (grants: Grants, step: Step, to: NodejsFunction): void => {
  const needed: { readonly [Of in Service]?: readonly Verb<Of>[] } = needs[step]
  if (needed.store) grants.store(to, needed.store)
  if (needed.timers) grants.timers(to, needed.timers)
  if (needed.queue) grants.queue(to, needed.queue)
  if (needed.bus) grants.bus(to, needed.bus)
}
