import type { DynamoDBStreamEvent } from 'aws-lambda'
import { relay } from '../engine/relay.ts'
import { changeOf } from '../worlds/aws/stream.ts'
import { rowByRow } from './changes.ts'
import { observed } from './powertools.ts'
import { env, world } from './world.ts'

/** Relays what the table's stream tells of. */
export const handler = observed(({ Records }: DynamoDBStreamEvent) =>
  rowByRow(world.log, Records, async (record) => {
    const change = changeOf(record)
    if (change) await relay(world, change, env)
  }),
)
