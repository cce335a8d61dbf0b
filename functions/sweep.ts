import { sweep } from '../engine/sweep/sweep.ts'
import { observed } from './telemetry.ts'
import { env, world } from './world.ts'

/** Lambda handler of the sweep, invoked by a schedule. The next run does the work of a failed run. */
export const handler = observed(async () => {
  await sweep(world, env)
})
