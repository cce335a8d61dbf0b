import { readEnv } from '../worlds/aws/env.ts'
import { awsWorld } from '../worlds/aws/index.ts'
import { meter } from './meter.ts'
import { log } from './powertools.ts'

/** What this function was told by its environment. */
export const env = readEnv(process.env)

/** The world of this function, made once per process. */
export const world = awsWorld({ env, log, meter })
