import * as z from 'zod'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'

/** How far an attempt has come, as its handler tells it. All parts are the handler's own to choose. */
export type Progress = {
  /** 0 to 100. */
  readonly percent?: number | undefined
  /** What it is at. */
  readonly text?: string | undefined
  /** What it has counted, by name. */
  readonly counters?: Readonly<Record<string, number>> | undefined
}

/** What a heartbeat takes. */
export const progressShape = z.strictObject({
  percent: z.number().min(0).max(100).optional(),
  text: z.string().max(LIMITS.progressTextCount).optional(),
  counters: z
    .record(z.string().min(1).max(LIMITS.counterNameCount), z.number())
    .refine((counters) => Object.keys(counters).length <= LIMITS.countersCount, {
      error: `there are too many; at most ${LIMITS.countersCount}`,
    })
    .optional(),
})

/** Progress, and when it was told. */
export type ToldProgress = Progress & { readonly at: Instant }

/**
 * What an attempt leaves beside its task: how far it came, and where it broke. One document, named by the owner of its
 * claim: no other attempt writes it, so what a worker says that has lost its claim never passes for its successor's.
 */
export type Notes = { readonly progress?: ToldProgress; readonly stack?: string }

/** The name of the document in which the holder of a claim takes notes. */
export const notesName = (owner: string): string => `n${owner}`
