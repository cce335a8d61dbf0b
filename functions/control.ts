import type { SQSEvent } from 'aws-lambda'
import { control } from '../engine/control.ts'
import { messageOf, sideBySide } from './messages.ts'
import { observed } from './powertools.ts'
import { env, world } from './world.ts'

/** The control lane: takes what its queue hands out. */
export const handler = observed(({ Records }: SQSEvent) =>
  sideBySide(world.log, Records, (record) => control(world, env, messageOf(record))),
)
