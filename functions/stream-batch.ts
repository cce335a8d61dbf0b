import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import type { Log } from '../engine/world.ts'

/**
 * Handles the records of one stream batch: those of one row in their order, different rows side by side. A row whose
 * record failed goes no further. Lambda starts again at the earliest record that is named as failed, so only that one is
 * named; what comes after it is handled twice, which does no harm because effects are idempotent.
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
  // An empty identifier means the whole batch, which is right for a record that has none.
  return { batchItemFailures: earliest ? [{ itemIdentifier: earliest.dynamodb?.SequenceNumber ?? '' }] : [] }
}
