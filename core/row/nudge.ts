import * as z from 'zod'
import { digestOf } from '../hash.ts'
import { type Key, keyText } from './key.ts'

/**
 * The content of a timer or message: a row and an epoch. It carries no state that could be outdated; `dueAt` only allows an early
 * nudge to be delayed again without reading the row.
 */
export type Nudge = Key & {
  readonly epoch: number
  readonly lane: string
  readonly dueAt: number
  /**
   * The owner of a claim whose attempt has ended without a stored result, because the store refused it. Only such a message can
   * tell that this worker is not lost, because the row cannot be written.
   */
  readonly unstored?: string | undefined
}

const schema = z.strictObject({
  kind: z.string().min(1),
  tenant: z.string().min(1),
  id: z.string().min(1),
  epoch: z.int().positive(),
  lane: z.string().min(1),
  dueAt: z.number(),
  unstored: z.string().min(1).optional(),
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

/** Reads a message body; undefined when it is not a nudge. Such a message is quarantined, never dropped. */
export const decodeNudge = (body: string): Nudge | undefined => {
  try {
    const { data } = schema.safeParse(JSON.parse(body))
    return data
  } catch {
    return undefined
  }
}

/**
 * The name of the timer of a row's epoch. EventBridge Scheduler allows 64 letters, digits, dashes, underscores and dots. The id of
 * a task is globally unique and fits; the id of any other row is unique within its tenant only, so a digest of its key is used.
 */
export const timerName = (row: Key & { readonly epoch: number }): string =>
  row.kind === 'task' ? `${row.id}-${row.epoch}` : `${row.kind}-${digestOf(keyText(row))}-${row.epoch}`
