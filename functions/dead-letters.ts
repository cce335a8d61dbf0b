import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { handleDeadLetter, replayBatch } from '../engine/dead-letters.ts'
import type { Delivery } from '../engine/message.ts'
import { readDeadBatch } from '../worlds/aws/index.ts'
import { deadLetterOf, streamBatchOf } from './dead-letter-event.ts'
import { handleSqsBatch } from './sqs-batch.ts'
import { observed } from './telemetry.ts'
import { env, world } from './world.ts'

/** Lambda handler for the dead-letter queues. A failed stream batch is processed again; any other message is a dead letter. */
export const handler = observed(({ Records }: SQSEvent) =>
  handleSqsBatch(
    world.log,
    Records,
    async (record) => (await replayStreamBatch(record)) ?? handleDeadLetter(world, env, deadLetterOf(record, env.deadLetters)),
  ),
)

/** Processes a stream batch again. Undefined when the message is no batch, or when the stream no longer keeps the batch. */
const replayStreamBatch = async (record: SQSRecord): Promise<Delivery | undefined> => {
  const batch = streamBatchOf(record)
  if (!batch) return undefined
  const source = env.deadLetters[record.eventSourceARN] === 'publish' ? 'publish' : 'relay'
  try {
    await replayBatch(world, env, source, await readDeadBatch(batch))
    return { delivery: 'acknowledge' }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'TrimmedDataAccessException')) throw error
    return undefined
  }
}
