import * as z from 'zod'
import { digestOf } from '../hash.ts'
import { type Key, keyText } from './key.ts'

/**
 * A message that names a row and an epoch, and nothing that it could be wrong about: `dueAt` only lets an early one be
 * sent on without looking at the row.
 */
export type Nudge = Key & {
  readonly epoch: number
  readonly lane: string
  readonly dueAt: number
}

const schema = z.strictObject({
  kind: z.string().min(1),
  tenant: z.string().min(1),
  id: z.string().min(1),
  epoch: z.int().positive(),
  lane: z.string().min(1),
  dueAt: z.number(),
})

/** The nudge that wakes this row at its next wake-up. */
export const nudgeOf = ({ kind, tenant, id, epoch, lane }: Omit<Nudge, 'dueAt'>, dueAt: number): Nudge => ({
  kind,
  tenant,
  id,
  epoch,
  lane,
  dueAt,
})

/** The body of the message that carries a nudge. */
export const encodeNudge = (nudge: Nudge): string => JSON.stringify(nudge)

/** Reads a message body. Answers undefined when it is not a nudge: such a message is quarantined, never dropped. */
export const decodeNudge = (body: string): Nudge | undefined => {
  try {
    const { data } = schema.safeParse(JSON.parse(body))
    return data
  } catch {
    return undefined
  }
}

/**
 * The name of the timer that this epoch of a row armed, within what EventBridge Scheduler takes: 64 of letters, digits,
 * dash, underscore and dot. A task's id is unique everywhere and fits; what else there is has a name of people's choice,
 * unique within its tenant, and is named by a digest.
 */
export const timerName = (row: Key & { readonly epoch: number }): string =>
  row.kind === 'task' ? `${row.id}-${row.epoch}` : `${row.kind}-${digestOf(keyText(row))}-${row.epoch}`
