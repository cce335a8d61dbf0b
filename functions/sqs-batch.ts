import type { Context, SQSBatchResponse, SQSRecord } from 'aws-lambda'
import type { Instant } from '../core/instant.ts'
import type { Delivery, Message } from '../engine/message.ts'
import type { Log } from '../engine/world.ts'

/** The time at which Lambda stops this invocation. */
export const deadlineOf = (context: Pick<Context, 'getRemainingTimeInMillis'>): Instant =>
  Date.now() + context.getRemainingTimeInMillis()

/** The engine's message for a record of an SQS event. */
export const messageOf = (record: SQSRecord, deadlineAt?: Instant): Message => ({
  id: record.messageId,
  body: record.body,
  receiveCount: Number(record.attributes.ApproximateReceiveCount),
  ...(deadlineAt === undefined ? {} : { deadlineAt }),
})

/**
 * Handles the messages of one batch concurrently and reports those that SQS must redeliver. An error is logged and returns only
 * its own message; if it were thrown, SQS would redeliver the whole batch.
 */
export const handleSqsBatch = async (
  log: Log,
  records: readonly SQSRecord[],
  handle: (record: SQSRecord) => Promise<Delivery>,
): Promise<SQSBatchResponse> => {
  const deliveries = await Promise.all(
    records.map(async (record) => {
      try {
        return { record, ...(await handle(record)) }
      } catch (error) {
        log.error('message.fault', { messageId: record.messageId, error })
        return { record, delivery: 'return' as const }
      }
    }),
  )
  const returned = deliveries.filter(({ delivery }) => delivery === 'return')
  return { batchItemFailures: returned.map(({ record }) => ({ itemIdentifier: record.messageId })) }
}
