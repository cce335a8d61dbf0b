import * as z from 'zod'
import { defineTask } from '../core/define.ts'
import { awsError, callAws, lazy } from './aws.ts'

const sdk = lazy(async () => {
  const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge')
  return { client: new EventBridgeClient({}), PutEventsCommand }
})

/** Entry errors that are the service's and not the caller's. */
const SERVICES = new Set(['InternalFailure', 'InternalException', 'ServiceUnavailable'])

/**
 * The task type `eventbridge`: puts an event on a bus; the output is `{eventId}`. EventBridge knows no idempotency, so a
 * repeated attempt may put it twice; its resources then name the same task, as `carillon:<idempotency key>`.
 */
export const eventbridge = defineTask('eventbridge', {
  description: 'Puts an event on an EventBridge bus.',
  input: z.strictObject({
    bus: z.string().min(1).max(1_600).default('default').describe('Name or ARN of the event bus.'),
    source: z
      .string()
      .regex(/^(?!aws\.).{1,256}$/, 'must be 1 to 256 characters and not begin with "aws."')
      .describe('Who says it, such as `com.example.orders`.'),
    detailType: z.string().min(1).max(128).describe('What happened, such as `OrderShipped`.'),
    detail: z.record(z.string(), z.json()).default({}).describe('The event itself: a JSON object.'),
  }),
  timeout: '15s',
  retry: { policy: 'exponential', wait: '2s', maxWait: '5m', attempts: 5 },
  run: ({ input, signal, idempotencyKey }) =>
    callAws(signal, async () => {
      const { client, PutEventsCommand } = await sdk()
      const entry = {
        EventBusName: input.bus,
        Source: input.source,
        DetailType: input.detailType,
        Detail: JSON.stringify(input.detail),
        Resources: [`carillon:${idempotencyKey}`],
      }
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: [entry] }), { abortSignal: signal })
      // A call that succeeded may hold an entry that did not.
      const { EventId, ErrorCode, ErrorMessage } = Entries[0] ?? {}
      if (ErrorCode) return awsError(ErrorCode, ErrorMessage ?? 'EventBridge refused the event', !SERVICES.has(ErrorCode))
      return { eventId: EventId }
    }),
})
