import { sweep } from '../engine/sweep/sweep.ts'
import { observed } from './powertools.ts'
import { env, world } from './world.ts'

/** Called on a schedule. A run that fails is made up for by the next. */
export const handler = observed(async () => {
  await sweep(world, env)
})
