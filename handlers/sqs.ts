import * as z from 'zod'
import { defineTask } from '../core/define.ts'
import { awsName, callAws, lazy } from './aws.ts'

const sdk = lazy(async () => {
  const { SendMessageCommand, SQSClient } = await import('@aws-sdk/client-sqs')
  // By default the client sends signed requests to the host of the queue URL. The input of a task could then choose any host.
  return { client: new SQSClient({ useQueueUrlAsEndpoint: false }), SendMessageCommand }
})

/** SQS allows ten attributes; one of them is the idempotency key. */
const ATTRIBUTES_COUNT = 9
const KEY_ATTRIBUTE = 'CarillonIdempotencyKey'

const input = z
  .strictObject({
    queueUrl: z.url().describe('URL of the queue, in the region of the deployment.'),
    body: z.json().describe('Message body: a string is sent unchanged, any other value as JSON.'),
    groupId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('Message group: required on FIFO queues; used for fairness on standard queues.'),
    deduplicationId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        'FIFO only. Default: derived from the idempotency key of the task, so that a repeated attempt is not delivered twice.',
      ),
    delaySeconds: z.int().min(0).max(900).optional().describe('Delay of the message; not on FIFO queues.'),
    attributes: z
      .record(z.string().regex(/^[a-zA-Z0-9_.-]{1,256}$/), z.string().min(1))
      .default({})
      .refine((all) => Object.keys(all).length <= ATTRIBUTES_COUNT, `at most ${ATTRIBUTES_COUNT} attributes`)
      .describe(`Message attributes of type String. ${KEY_ATTRIBUTE} is added.`),
  })
  .check(({ value, issues }) => {
    const fifo = isFifo(value.queueUrl)
    const refuse = (path: string, message: string) => issues.push({ code: 'custom', input: value, path: [path], message })
    if (fifo && value.groupId === undefined) refuse('groupId', 'a FIFO queue needs a groupId')
    if (fifo && value.delaySeconds !== undefined) refuse('delaySeconds', 'a FIFO queue takes no delaySeconds')
    if (!fifo && value.deduplicationId !== undefined) refuse('deduplicationId', 'only a FIFO queue takes a deduplicationId')
  })

const isFifo = (queueUrl: string): boolean => queueUrl.endsWith('.fifo')

/**
 * The task type `sqs`: sends a message. The output is `{messageId}`. On a standard queue a repeated attempt can send the message
 * twice, with the same attribute `CarillonIdempotencyKey`.
 */
export const sqs = defineTask('sqs', {
  description: 'Sends a message to an SQS queue.',
  input,
  timeout: '15s',
  retry: { policy: 'exponential', wait: '2s', maxWait: '5m', attempts: 5 },
  failureField: 'body',
  run: ({ input, signal, idempotencyKey }) =>
    callAws(signal, async () => {
      const { client, SendMessageCommand } = await sdk()
      const { queueUrl, body, groupId, deduplicationId, delaySeconds } = input
      const attributes = { ...input.attributes, [KEY_ATTRIBUTE]: idempotencyKey }
      const request = new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
        MessageGroupId: groupId,
        MessageDeduplicationId: isFifo(queueUrl) ? (deduplicationId ?? awsName(idempotencyKey)) : undefined,
        DelaySeconds: delaySeconds,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      })
      const { MessageId } = await client.send(request, { abortSignal: signal })
      return { messageId: MessageId }
    }),
})
