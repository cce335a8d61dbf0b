import { GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge } from '../../core/row/nudge.ts'
import type { Queue } from '../../engine/world.ts'
import { type LaneQueues, queueOf } from './env.ts'

/**
 * Lanes on SQS: one standard queue for each. The delay is rounded up to the whole seconds of SQS, so no message is early. The
 * tenant is the message group, which on a standard queue gives fairness and not order.
 */
export const sqsQueue = (client: SQSClient, queues: LaneQueues): Queue => ({
  send: async (nudge, delayMs) => {
    if (!(delayMs >= 0 && delayMs <= LIMITS.queueDelayMs)) {
      throw new RangeError(`delay ${delayMs} ms must be 0 to ${LIMITS.queueDelayMs} ms; use a timer for a longer delay`)
    }
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueOf(queues, nudge.lane),
        MessageBody: encodeNudge(nudge),
        DelaySeconds: Math.ceil(delayMs / 1_000),
        MessageGroupId: nudge.tenant,
      }),
    )
  },
  backlog: async (lane) => {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueOf(queues, lane), AttributeNames: ['ApproximateNumberOfMessages'] }),
    )
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0)
  },
})
