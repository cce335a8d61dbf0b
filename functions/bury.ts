import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { LIMITS } from '../core/limits.ts'
import { bury, letterOfChange } from '../engine/dead-letters.ts'
import type { Change, Delivery } from '../engine/message.ts'
import type { Needs } from '../engine/needs.ts'
import { publish } from '../engine/publish.ts'
import { relay } from '../engine/relay.ts'
import { readDeadBatch } from '../worlds/aws/index.ts'
import { deadLetterOf, streamBatchOf } from './dead-letter-event.ts'
import { observed } from './powertools.ts'
import { handleSqsBatch } from './sqs-batch.ts'
import { env, world } from './world.ts'

/** Looks after what ended on a dead-letter queue: a message of a lane or of a timer is buried, a batch of changes heard again. */
export const handler = observed(({ Records }: SQSEvent) =>
  handleSqsBatch(
    world.log,
    Records,
    async (record) => (await heardAgain(record)) ?? bury(world, env, deadLetterOf(record, env.deadLetters)),
  ),
)

/** Relayed once more, and when that fails too, looked after as a message that died. */
const relayOrBury = async (world: Needs<'bury'>, change: Change): Promise<void> => {
  try {
    await relay(world, change, env)
  } catch (error) {
    const letter = letterOfChange(change, LIMITS.relayTriesCount, error)
    if (!letter || (await bury(world, env, letter)).delivery === 'return') throw error
  }
}

/** A batch that fails again comes back until the stream has forgotten it; then its message is buried like any other. */
const heardAgain = async (record: SQSRecord): Promise<Delivery | undefined> => {
  const batch = streamBatchOf(record)
  if (!batch) return undefined
  const hear = env.deadLetters[record.eventSourceARN] === 'publish' ? publish : relayOrBury
  try {
    for (const change of await readDeadBatch(batch)) await hear(world, change)
    world.meter.add('DeadLetters', 1, {})
    return { delivery: 'acknowledge' }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'TrimmedDataAccessException')) throw error
    return undefined
  }
}
