import type { DynamoDBStreamEvent } from 'aws-lambda'
import { publish } from '../engine/publish.ts'
import { changeOf } from '../worlds/aws/stream.ts'
import { handleStreamBatch } from './stream-batch.ts'
import { observed } from './telemetry.ts'
import { world } from './world.ts'

/** Lambda handler that publishes the lifecycle events of the changes in the table's stream. */
export const handler = observed(({ Records }: DynamoDBStreamEvent) =>
  handleStreamBatch(world.log, Records, async (record) => {
    const change = changeOf(record)
    if (change) await publish(world, change)
  }),
)
