import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { LIMITS } from '../../core/limits.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { Bus } from '../../engine/world.ts'

/** The bus on EventBridge, by its ARN. The event's type is the detail type, and the whole CloudEvent is the detail. */
export const eventBridgeBus = (client: EventBridgeClient, busArn: string): Bus => ({
  publish: async (events) => {
    for (let start = 0; start < events.length; start += LIMITS.busBatchCount) {
      const batch = events.slice(start, start + LIMITS.busBatchCount)
      const { FailedEntryCount, Entries } = await client.send(
        new PutEventsCommand({ Entries: batch.map((event) => entry(event, busArn)) }),
      )
      if (!FailedEntryCount) continue
      // A retry publishes the whole batch again. Consumers can drop duplicates, because an event keeps its id.
      const codes = new Set(Entries?.flatMap(({ ErrorCode }) => ErrorCode ?? []))
      throw new Error(`event bus ${busArn} refused ${FailedEntryCount} of ${batch.length} events: ${[...codes].join(', ')}`)
    }
  },
})

/** The bus of a deployment without an event bus: it publishes nothing. */
export const noBus: Bus = { publish: async () => {} }

const entry = (event: TaskEvent, busArn: string): PutEventsRequestEntry => ({
  EventBusName: busArn,
  Source: 'carillon',
  DetailType: event.type,
  Time: new Date(event.time),
  Resources: [`${event.source}/tasks/${event.subject}`],
  Detail: JSON.stringify(event),
})
