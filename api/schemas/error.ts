import * as z from 'zod'
import { iso } from '../../core/instant.ts'
import { shownError } from '../../core/task/error.ts'
import type { Provenance, TaskError } from '../../core/task/row.ts'

/** The origin of a dead letter. */
export const provenanceView = z.object({
  source: z.string().meta({
    description: 'Where the message came from: `lane:NAME`, `timers`, `relay` or `publish`.',
    examples: ['lane:normal', 'timers', 'relay'],
  }),
  receives: z.int().meta({ description: 'Deliveries of the message before that.' }),
  reason: z.string().optional(),
  bodySha256: z.string(),
  at: z.string().meta({ format: 'date-time', description: 'When Carillon read the dead letter.' }),
})

/** The error of a task. */
export const errorView = z.object({
  code: z.string(),
  message: z.string(),
  retriable: z.boolean(),
  provenance: provenanceView
    .optional()
    .meta({ description: 'The origin of the dead letter, if the task failed because of one.' }),
})

/** Builds the view of an error. */
export const errorOf = (error: TaskError): z.output<typeof errorView> => {
  const { provenance } = error
  return { ...shownError(error), ...(provenance ? { provenance: provenanceOf(provenance) } : {}) }
}

/** Builds the view of the origin of a dead letter. */
export const provenanceOf = (provenance: Provenance): z.output<typeof provenanceView> => ({
  ...provenance,
  at: iso(provenance.at),
})
