import * as z from 'zod'
import { defined } from '../defined.ts'
import { type GateSpec, ON_BUSY } from '../gate/requirements.ts'
import { LIMITS } from '../limits.ts'
import { concurrencyField, limitsFrom, rateField, rateView, writeRate } from './limit.ts'
import { show } from './messages.ts'
import { GATE_KEY } from './names.ts'

const KEY_FORM = `1 to ${LIMITS.gateKeyCount} letters, digits, dots, dashes, colons and underscores`

/** The gate of a task. One that names neither limit nor rate lets one in at a time, as a job queue's category does. */
export const gateField = z
  .strictObject({
    key: z
      .string()
      .regex(GATE_KEY, { error: ({ input }) => `${show(input)}; it must be ${KEY_FORM}` })
      .meta({ description: 'Tasks of a tenant with the same key share the gate.', examples: ['environment:production'] }),
    limit: concurrencyField
      .optional()
      .meta({ description: 'So many may run at once. Default: 1, or without limit where there is a rate.' }),
    rate: rateField.optional(),
    onBusy: z.enum(ON_BUSY).optional().meta({
      default: 'wait',
      description:
        'What becomes of the task when it finds the gate busy: it waits, is skipped, fails as GateBusy, or has those before it cancelled and waits for their place.',
    }),
  })
  .transform(
    ({ key, limit, rate, onBusy }): GateSpec => ({
      key,
      ...limitsFrom(limit ?? (rate ? undefined : 1), rate),
      ...(onBusy && onBusy !== 'wait' ? { onBusy } : {}),
    }),
  )
/** The same as people write it. @example { key: 'environment:production' } */
export type GateInput = z.input<typeof gateField>

/** A task's gate as wires show it. */
export const gateView = z.object({
  key: z.string(),
  limit: z.int().optional(),
  rate: rateView.optional(),
  onBusy: z.enum(ON_BUSY),
})

/** Writes a task's gate the way `gateField` reads it. */
export const writeGate = ({ key, limit, rate, onBusy = 'wait' }: GateSpec): z.output<typeof gateView> => ({
  key,
  ...defined({ limit }),
  ...writeRate({ ...defined({ rate }) }),
  onBusy,
})
