import * as z from 'zod'
import { defineTask } from '../core/define.ts'
import { awsName, callAws, lazy } from './aws.ts'

const sdk = lazy(async () => {
  const { SendMessageCommand, SQSClient } = await import('@aws-sdk/client-sqs')
  // By default the client calls the host in the queue's URL, signed: a task's input could then choose any host at all.
  return { client: new SQSClient({ useQueueUrlAsEndpoint: false }), SendMessageCommand }
})

/** SQS takes ten attributes; one of them carries the idempotency key. */
const ATTRIBUTES_COUNT = 9
const KEY_ATTRIBUTE = 'CarillonIdempotencyKey'

const input = z
  .strictObject({
    queueUrl: z.url().describe("URL of the queue, in the deployment's own region."),
    body: z.json().describe('The message: a text is sent as it is, anything else as JSON.'),
    groupId: z.string().min(1).max(128).optional().describe('Message group: needed on FIFO queues, for fairness on others.'),
    deduplicationId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("FIFO only; by default made of the task's idempotency key, so that a repeat is not delivered twice."),
    delaySeconds: z.int().min(0).max(900).optional().describe('Delay of this message; not on FIFO queues.'),
    attributes: z
      .record(z.string().regex(/^[a-zA-Z0-9_.-]{1,256}$/), z.string().min(1))
      .default({})
      .refine((all) => Object.keys(all).length <= ATTRIBUTES_COUNT, `at most ${ATTRIBUTES_COUNT} attributes`)
      .describe(`Message attributes, all of type String. ${KEY_ATTRIBUTE} is added to them.`),
  })
  .check(({ value, issues }) => {
    const fifo = isFifo(value.queueUrl)
    const wrong = (path: string, message: string) => issues.push({ code: 'custom', input: value, path: [path], message })
    if (fifo && value.groupId === undefined) wrong('groupId', 'a FIFO queue needs a groupId')
    if (fifo && value.delaySeconds !== undefined) wrong('delaySeconds', 'a FIFO queue takes no delay on a single message')
    if (!fifo && value.deduplicationId !== undefined) wrong('deduplicationId', 'only a FIFO queue takes a deduplicationId')
  })

const isFifo = (queueUrl: string): boolean => queueUrl.endsWith('.fifo')

/**
 * The task type `sqs`: sends a message; the output is `{messageId}`. On a standard queue a repeated attempt may send it
 * twice; the attribute `CarillonIdempotencyKey` is then the same.
 */
export const sqs = defineTask('sqs', {
  description: 'Sends a message to an SQS queue.',
  input,
  timeout: '15s',
  retry: { policy: 'exponential', wait: '2s', maxWait: '5m', attempts: 5 },
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
