import * as z from 'zod'
import { iso } from '../../core/instant.ts'
import { shownError } from '../../core/task/error.ts'
import type { Provenance, TaskError } from '../../core/task/row.ts'

/** Where a message died, as wires show it. */
export const provenanceView = z.object({
  source: z.string().meta({ description: 'The queue on which it died.', examples: ['lane:normal', 'timers', 'relay'] }),
  receives: z.int().meta({ description: 'How often the queue had handed it out.' }),
  reason: z.string().optional(),
  bodySha256: z.string(),
  at: z.string().meta({ format: 'date-time', description: 'When that was found out.' }),
})

/** An error as wires show it. */
export const errorView = z.object({
  code: z.string(),
  message: z.string(),
  retriable: z.boolean(),
  provenance: provenanceView.optional().meta({ description: 'Where its message died, if that is why it failed.' }),
})

/** An error as wires show it. */
export const errorOf = (error: TaskError): z.output<typeof errorView> => {
  const { provenance } = error
  return { ...shownError(error), ...(provenance ? { provenance: provenanceOf(provenance) } : {}) }
}

/** Where a message died, as wires show it. */
export const provenanceOf = (provenance: Provenance): z.output<typeof provenanceView> => ({
  ...provenance,
  at: iso(provenance.at),
})
