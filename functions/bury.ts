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

/** Lambda handler for the dead-letter queues. A failed stream batch is processed again; any other message is a dead letter. */
export const handler = observed(({ Records }: SQSEvent) =>
  handleSqsBatch(
    world.log,
    Records,
    async (record) => (await retryStreamBatch(record)) ?? bury(world, env, deadLetterOf(record, env.deadLetters)),
  ),
)

/** Relays a change again. If that fails too, the change is handled as a dead letter of its row. */
const relayOrBury = async (world: Needs<'bury'>, change: Change): Promise<void> => {
  try {
    await relay(world, change, env)
  } catch (error) {
    const deadLetter = letterOfChange(change, LIMITS.relayTriesCount, error)
    if (!deadLetter || (await bury(world, env, deadLetter)).delivery === 'return') throw error
  }
}

/**
 * Processes a failed stream batch again; undefined when the message is a dead letter itself. A batch that fails again is
 * redelivered until the stream has trimmed its records. After that, its message is a dead letter too.
 */
const retryStreamBatch = async (record: SQSRecord): Promise<Delivery | undefined> => {
  const batch = streamBatchOf(record)
  if (!batch) return undefined
  const handle = env.deadLetters[record.eventSourceARN] === 'publish' ? publish : relayOrBury
  try {
    for (const change of await readDeadBatch(batch)) await handle(world, change)
    world.meter.add('DeadLetters', 1, {})
    return { delivery: 'acknowledge' }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'TrimmedDataAccessException')) throw error
    return undefined
  }
}
