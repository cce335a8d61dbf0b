import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge } from '../../core/row/nudge.ts'
import type { Queue } from '../../engine/world.ts'
import { type LaneQueues, queueOf } from './env.ts'

/**
 * Lanes on SQS: a standard queue each. The delay is rounded up to SQS's whole seconds, so nothing comes early; the tenant
 * is the message's group, which on a standard queue means fairness and not order.
 */
export const sqsQueue = (client: SQSClient, queues: LaneQueues): Queue => ({
  send: async (nudge, delayMs) => {
    if (!(delayMs >= 0 && delayMs <= LIMITS.queueDelayMs)) {
      throw new RangeError(
        `a delay of ${delayMs} ms cannot be sent; it must be 0 to ${LIMITS.queueDelayMs}, longer waits are for timers`,
      )
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
})
