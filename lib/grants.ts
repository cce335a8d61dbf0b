import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { needs, type Step } from '../engine/needs.ts'
import type { World } from '../engine/world.ts'

/** How a function is let at each part of the world. */
export type Grants = Readonly<Record<'store' | 'timers' | 'queue' | 'bus', (to: NodejsFunction) => void>>

/** Grants a step's function what `engine/needs.ts` says that the step needs, and nothing else. The clock and its like need no leave. */
export const grantNeeds = (grants: Grants, step: Step, to: NodejsFunction): void => {
  const needed: readonly (keyof World)[] = needs[step]
  for (const part of ['store', 'timers', 'queue', 'bus'] as const) if (needed.includes(part)) grants[part](to)
}
