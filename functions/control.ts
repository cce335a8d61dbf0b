import type { SQSEvent } from 'aws-lambda'
import { control } from '../engine/control.ts'
import { handleSqsBatch, messageOf } from './sqs-batch.ts'
import { observed } from './telemetry.ts'
import { env, world } from './world.ts'

/** Lambda handler of the control lane. */
export const handler = observed(({ Records }: SQSEvent) =>
  handleSqsBatch(world.log, Records, (record) => control(world, env, messageOf(record))),
)
