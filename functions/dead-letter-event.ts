import type { SQSRecord } from 'aws-lambda'
import type { DeadLetter } from '../engine/message.ts'
import type { DeadLetterSources } from '../worlds/aws/env.ts'
import type { StreamBatch } from '../worlds/aws/stream.ts'
import { messageOf } from './sqs-batch.ts'

/** The engine's dead letter for a record of a dead-letter queue. EventBridge Scheduler adds the reason as message attributes. */
export const deadLetterOf = (record: SQSRecord, sources: DeadLetterSources): DeadLetter => {
  const { ERROR_CODE, ERROR_MESSAGE } = record.messageAttributes
  const reason = [ERROR_CODE?.stringValue, ERROR_MESSAGE?.stringValue].filter(Boolean).join(': ')
  return { ...messageOf(record), source: sources[record.eventSourceARN] ?? record.eventSourceARN, ...(reason ? { reason } : {}) }
}

/** The position of a failed stream batch, from the message that Lambda writes for it; undefined for any other message. */
export const streamBatchOf = (record: SQSRecord): StreamBatch | undefined => {
  try {
    const { DDBStreamBatchInfo: batch } = JSON.parse(record.body) as { DDBStreamBatchInfo?: Partial<StreamBatch> }
    const { streamArn, shardId, startSequenceNumber, endSequenceNumber } = batch ?? {}
    if (!streamArn || !shardId || !isSequence(startSequenceNumber) || !isSequence(endSequenceNumber)) return undefined
    return { streamArn, shardId, startSequenceNumber, endSequenceNumber }
  } catch {
    return undefined
  }
}

const isSequence = (text: unknown): text is string => typeof text === 'string' && /^\d+$/.test(text)
