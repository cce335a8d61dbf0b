import type { DynamoDBStreamEvent } from 'aws-lambda'
import { relay } from '../engine/relay.ts'
import { changeOf } from '../worlds/aws/stream.ts'
import { handleStreamBatch } from './stream-batch.ts'
import { observed } from './telemetry.ts'
import { env, world } from './world.ts'

/** Lambda handler that relays the changes in the table's stream. */
export const handler = observed(({ Records }: DynamoDBStreamEvent) =>
  handleStreamBatch(world.log, Records, async (record) => {
    const change = changeOf(record)
    if (change) await relay(world, change, env)
  }),
)
