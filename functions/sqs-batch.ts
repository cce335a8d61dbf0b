import type { Context, SQSBatchResponse, SQSRecord } from 'aws-lambda'
import type { Instant } from '../core/instant.ts'
import type { Delivery, Message } from '../engine/message.ts'
import type { Log } from '../engine/world.ts'

/** When Lambda will kill this invocation. */
export const deadlineOf = (context: Pick<Context, 'getRemainingTimeInMillis'>): Instant =>
  Date.now() + context.getRemainingTimeInMillis()

/** A record of an SQS event as the engine sees it. */
export const messageOf = (record: SQSRecord, deadlineAt?: Instant): Message => ({
  id: record.messageId,
  body: record.body,
  receiveCount: Number(record.attributes.ApproximateReceiveCount),
  ...(deadlineAt === undefined ? {} : { deadlineAt }),
})

/**
 * Handles the messages of one batch side by side and answers which of them come back. A fault of one is logged and
 * returns that one alone: thrown on, it would return the whole batch.
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
