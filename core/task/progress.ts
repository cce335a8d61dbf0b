import * as z from 'zod'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'

/** The progress of an attempt, as its handler reports it. Every field is optional. */
export type Progress = {
  /** 0 to 100. */
  readonly percent?: number | undefined
  /** The current step. */
  readonly text?: string | undefined
  /** Counters by name. */
  readonly counters?: Readonly<Record<string, number>> | undefined
}

/** The schema of the progress in a heartbeat. */
export const progressShape = z.strictObject({
  percent: z.number().min(0).max(100).optional(),
  text: z.string().max(LIMITS.progressTextCount).optional(),
  counters: z
    .record(z.string().min(1).max(LIMITS.counterNameCount), z.number())
    .refine((counters) => Object.keys(counters).length <= LIMITS.countersCount, {
      error: `too many counters; at most ${LIMITS.countersCount}`,
    })
    .optional(),
})

/** Progress, and the time of its report. */
export type ReportedProgress = Progress & { readonly at: Instant }

/**
 * The progress of an attempt and the stack trace of its error. They are one document whose name contains the owner of the
 * claim. No other attempt writes that document, so notes of a worker without a claim never appear under a later attempt.
 */
export type Notes = { readonly progress?: ReportedProgress; readonly stack?: string }

/** The name of the document with the notes of a claim. */
export const notesName = (owner: string): string => `n${owner}`
