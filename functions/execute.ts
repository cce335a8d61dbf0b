import type { SQSEvent } from 'aws-lambda'
import { execute } from '../engine/execute/execute.ts'
import { callIsolated } from '../worlds/node/attempts.ts'
import { appOf } from './app.ts'
import { deadlineOf, handleSqsBatch, messageOf } from './sqs-batch.ts'
import { observed } from './telemetry.ts'
import { env, world } from './world.ts'

const app = { ...appOf(env), callHandler: callIsolated }

/** Lambda handler of a lane's executor. */
export const handler = observed(({ Records }: SQSEvent, context) => {
  const deadlineAt = deadlineOf(context)
  return handleSqsBatch(world.log, Records, (record) => execute(world, app, messageOf(record, deadlineAt)))
})
