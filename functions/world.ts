import { readEnv } from '../worlds/aws/env.ts'
import { awsWorld } from '../worlds/aws/index.ts'
import { log, meter } from './telemetry.ts'

/** The environment variables of this function. */
export const env = readEnv(process.env)

/** The world of this function, created once per process. */
export const world = awsWorld({ env, log, meter })
