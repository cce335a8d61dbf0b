import { defineTask, snooze } from 'carillon'
import * as z from 'zod'

/** An error of the warehouse. A list of retriable errors matches its name and its code. */
export class WarehouseError extends Error {
  override readonly name = 'WarehouseError'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

type Post = (shipment: string) => Promise<'posted' | 'not yet'>

/** A task type that posts shipments, and the catch-all for failures. The warehouse is a parameter. */
export const shipmentTypes = (post: Post) => [
  defineTask('post-shipment', {
    input: z.object({ shipment: z.string() }),
    retry: {
      policy: 'waits',
      waits: ['10s', '1m', '5m'], // four attempts
      maxAge: '1h', // none of them starts later than this after the task's time
      retriable: 'WarehouseError:Locked;Timeout', // no other error is tried again
    },
    run: async ({ input }) => ((await post(input.shipment)) === 'not yet' ? snooze('30s') : { posted: true }),
  }),
  defineTask('notify-operations', {
    input: z.looseObject({ taskId: z.string(), type: z.string(), error: z.object({ code: z.string() }) }),
    retry: { policy: 'business-central-online' },
    run: ({ input, log }) => log.error(`${input.type} ${input.taskId} failed as ${input.error.code}`),
  }),
]
