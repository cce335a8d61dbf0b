import type { SQSRecord } from 'aws-lambda'
import { decodeNudge } from '../core/row/nudge.ts'
import type { BatchSource } from '../engine/dead-letters.ts'
import type { DeadLetter } from '../engine/message.ts'
import type { DeadLetterSources } from '../worlds/aws/env.ts'
import type { StreamBatch } from '../worlds/aws/stream.ts'
import { messageOf } from './sqs-batch.ts'

/**
 * The engine's dead letter for a record of the dead-letter queue. All sources share that queue, and each message names its own:
 * SQS adds the ARN of the queue that gave it up; EventBridge Scheduler adds the schedule and the reason as message attributes;
 * Lambda writes the function of a failed stream batch into the body. A nudge without any of these names its lane: not every
 * emulator adds the attribute of SQS. A message of another sender has the dead-letter queue itself as source.
 */
export const deadLetterOf = (record: SQSRecord, sources: DeadLetterSources): DeadLetter => {
  const { ERROR_CODE, ERROR_MESSAGE } = record.messageAttributes
  const reason = [ERROR_CODE?.stringValue, ERROR_MESSAGE?.stringValue].filter(Boolean).join(': ')
  return { ...messageOf(record), source: sourceOf(record, sources), ...(reason ? { reason } : {}) }
}

const sourceOf = (record: SQSRecord, sources: DeadLetterSources): string => {
  const { DeadLetterQueueSourceArn: queue } = record.attributes
  if (queue) return sources[queue] ?? queue
  const { SCHEDULE_ARN, ERROR_CODE } = record.messageAttributes
  if (SCHEDULE_ARN || ERROR_CODE) return 'timers'
  const nudge = decodeNudge(record.body)
  return nudge ? `lane:${nudge.lane}` : (failedBatchOf(record, sources)?.source ?? record.eventSourceARN)
}

/** A stream batch that failed too often, and the consumer that could not process it. */
export type FailedBatch = StreamBatch & { readonly source: BatchSource }

/** The position of a failed stream batch, from the message that Lambda writes for it; undefined for any other message. */
export const failedBatchOf = (record: SQSRecord, sources: DeadLetterSources): FailedBatch | undefined => {
  try {
    const { DDBStreamBatchInfo: batch, requestContext } = JSON.parse(record.body) as OnFailureMessage
    const { streamArn, shardId, startSequenceNumber, endSequenceNumber } = batch ?? {}
    if (!streamArn || !shardId || !isSequence(startSequenceNumber) || !isSequence(endSequenceNumber)) return undefined
    // A function that was replaced is the relay: to relay a change once more does no harm, and its nudges matter most.
    const source = sources[requestContext?.functionArn ?? ''] === 'publish' ? 'publish' : 'relay'
    return { streamArn, shardId, startSequenceNumber, endSequenceNumber, source }
  } catch {
    return undefined
  }
}

type OnFailureMessage = {
  readonly requestContext?: { readonly functionArn?: string }
  readonly DDBStreamBatchInfo?: Partial<StreamBatch>
}

const isSequence = (text: unknown): text is string => typeof text === 'string' && /^\d+$/.test(text)
