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
        'The age of the oldest overdue task of the tenant that a bounded search finds. The exact age can be higher; both are close if tasks run in the order of their times. 0s: no overdue task was found.',
      examples: ['0s'],
    }),
  })
  .meta({ id: 'Health' })

export type Health = z.output<typeof healthView>
