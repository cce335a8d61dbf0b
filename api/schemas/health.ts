import * as z from 'zod'
/** `GET /v1/health`. */
export const healthView = z
  .object({
    status: z.literal('ok'),
    versions: z.object({ carillon: z.string(), api: z.string() }),
    environmentId: z.string(),
    time: z.string().meta({ format: 'date-time' }),
    lanes: z.array(z.object({ name: z.string(), maxTimeout: z.string(), maxConcurrency: z.int() })),
    backlogAge: z.string().meta({
      description:
        "How long the caller's oldest overdue task that a bounded search finds has been overdue: never more than the truth, and close to it when tasks are late in the order of their times. 0s: none was found.",
      examples: ['0s'],
    }),
  })
  .meta({ id: 'Health' })

export type Health = z.output<typeof healthView>
