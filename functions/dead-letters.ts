import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { handleDeadLetter, replayBatch } from '../engine/dead-letters.ts'
import type { Delivery } from '../engine/message.ts'
import { readDeadBatch } from '../worlds/aws/index.ts'
import { deadLetterOf, type FailedBatch, failedBatchOf } from './dead-letter-event.ts'
import { handleSqsBatch } from './sqs-batch.ts'
import { observed } from './telemetry.ts'
import { env, world } from './world.ts'

/** Lambda handler for the dead-letter queue. A failed stream batch is processed again; any other message is a dead letter. */
export const handler = observed(({ Records }: SQSEvent) =>
  handleSqsBatch(world.log, Records, async (record) => {
    const batch = failedBatchOf(record, env.deadLetters)
    return batch ? replayStreamBatch(record, batch) : handleDeadLetter(world, env, deadLetterOf(record, env.deadLetters))
  }),
)

/** Processes a stream batch again. A batch that the stream no longer has is an unreadable message, which is quarantined. */
const replayStreamBatch = async (record: SQSRecord, batch: FailedBatch): Promise<Delivery> => {
  const read = await readDeadBatch(batch)
  if ('gone' in read) return handleDeadLetter(world, env, { ...deadLetterOf(record, env.deadLetters), reason: read.gone })
  await replayBatch(world, env, batch.source, read.changes)
  return { delivery: 'acknowledge' }
}
