import * as z from 'zod'
import { defineTask } from '../core/define.ts'
import { awsError, callAws, lazy } from './aws.ts'

const sdk = lazy(async () => {
  const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge')
  return { client: new EventBridgeClient({}), PutEventsCommand }
})

/** Errors of an entry that are faults of the service. */
const SERVICE_FAULTS = new Set(['InternalFailure', 'InternalException', 'ServiceUnavailable'])

/**
 * The task type `eventbridge`: puts an event on a bus. The output is `{eventId}`. EventBridge does not deduplicate, so a repeated
 * attempt can put the event twice. Both events have the same resource, `carillon:<idempotency key>`.
 */
export const eventbridge = defineTask('eventbridge', {
  description: 'Puts an event on an EventBridge bus.',
  input: z.strictObject({
    bus: z.string().min(1).max(1_600).default('default').describe('Name or ARN of the event bus.'),
    source: z
      .string()
      .regex(/^(?!aws\.).{1,256}$/, 'must be 1 to 256 characters and must not start with "aws."')
      .describe('Source of the event, such as `com.example.orders`.'),
    detailType: z.string().min(1).max(128).describe('Type of the event, such as `OrderShipped`.'),
    detail: z.record(z.string(), z.json()).default({}).describe('Detail of the event, a JSON object.'),
  }),
  timeout: '15s',
  retry: { policy: 'exponential', wait: '2s', maxWait: '5m', attempts: 5 },
  failureField: 'detail',
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
      // A successful call can contain a failed entry.
      const { EventId, ErrorCode, ErrorMessage } = Entries[0] ?? {}
      if (ErrorCode) return awsError(ErrorCode, ErrorMessage ?? 'EventBridge refused the event', !SERVICE_FAULTS.has(ErrorCode))
      return { eventId: EventId }
    }),
})
