import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import type { Log } from '../engine/world.ts'

/**
 * Handles the records of one stream batch: records of one row in order, different rows concurrently. After a failure, the later
 * records of that row are not handled. Lambda retries from the earliest failed record, so only this record is reported. The
 * records after it are handled again, which is safe because effects are idempotent.
 */
export const handleStreamBatch = async (
  log: Log,
  records: readonly DynamoDBRecord[],
  handle: (record: DynamoDBRecord) => Promise<void>,
): Promise<DynamoDBBatchResponse> => {
  const rows = Map.groupBy(records.entries(), ([, record]) => JSON.stringify(record.dynamodb?.Keys))
  const failures = await Promise.all(
    [...rows.values()].map(async (changes) => {
      for (const [index, record] of changes) {
        try {
          await handle(record)
        } catch (error) {
          log.error('change.fault', { sequenceNumber: record.dynamodb?.SequenceNumber, error })
          return index
        }
      }
      return Number.POSITIVE_INFINITY
    }),
  )
  const earliest = records[Math.min(...failures)]
  // An empty identifier means the whole batch; it is used when the record has no sequence number.
  return { batchItemFailures: earliest ? [{ itemIdentifier: earliest.dynamodb?.SequenceNumber ?? '' }] : [] }
}
