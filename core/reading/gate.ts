import * as z from 'zod'
import { defined } from '../defined.ts'
import { type GateSpec, ON_BUSY } from '../gate/requirements.ts'
import { LIMITS } from '../limits.ts'
import { concurrencyField, limitsFrom, rateField, rateView, writeRate } from './limit.ts'
import { show } from './messages.ts'
import { GATE_KEY } from './names.ts'

const KEY_FORM = `1 to ${LIMITS.gateKeyCount} letters, digits, dots, dashes, colons and underscores`

/** The gate of a task. Without limit and rate it runs one task at a time, like a category of Business Central's job queue. */
export const gateField = z
  .strictObject({
    key: z
      .string()
      .regex(GATE_KEY, { error: ({ input }) => `${show(input)}; it must be ${KEY_FORM}` })
      .meta({ description: 'Tasks of one tenant with the same key share the gate.', examples: ['environment:production'] }),
    limit: concurrencyField
      .optional()
      .meta({ description: 'At most so many tasks run at once. Default: 1, or no limit when there is a rate.' }),
    rate: rateField.optional(),
    onBusy: z.enum(ON_BUSY).optional().meta({
      default: 'wait',
      description:
        'What happens to the task at a busy gate: it waits, is skipped, fails as GateBusy, or cancels the tasks before it and waits for a place.',
    }),
  })
  .transform(
    ({ key, limit, rate, onBusy }): GateSpec => ({
      key,
      ...limitsFrom(limit ?? (rate ? undefined : 1), rate),
      ...(onBusy && onBusy !== 'wait' ? { onBusy } : {}),
    }),
  )
/** The gate of a task in its written form. @example { key: 'environment:production' } */
export type GateInput = z.input<typeof gateField>

/** A task's gate in API answers. */
export const gateView = z.object({
  key: z.string(),
  limit: z.int().optional(),
  rate: rateView.optional(),
  onBusy: z.enum(ON_BUSY),
})

/** Writes a task's gate in the form that `gateField` reads. */
export const writeGate = ({ key, limit, rate, onBusy = 'wait' }: GateSpec): z.output<typeof gateView> => ({
  key,
  ...defined({ limit }),
  ...writeRate({ ...defined({ rate }) }),
  onBusy,
})
