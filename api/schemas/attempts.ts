import * as z from 'zod'
import { iso } from '../../core/instant.ts'
import { ATTEMPT_OUTCOMES, type Attempt, type OlderAttempts } from '../../core/task/attempts.ts'
import type { Notes, ReportedProgress } from '../../core/task/progress.ts'

const time = z.string().meta({ format: 'date-time' })

/** The progress of an attempt. */
export const progressView = z.object({
  at: time.meta({ description: 'The time of the report.' }),
  attempt: z.int(),
  percent: z.number().optional(),
  text: z.string().optional(),
  counters: z.record(z.string(), z.number()).optional(),
})

/** Builds the view of the progress of an attempt. */
export const progressOf = (attempt: number, { at, ...progress }: ReportedProgress): z.output<typeof progressView> => ({
  at: iso(at),
  attempt,
  ...progress,
})

const attemptView = z.object({
  attempt: z.int().meta({ description: 'Starts at 1, and again at 1 after a redrive.' }),
  startedAt: time,
  endedAt: time.optional().meta({ description: 'For a lost attempt, the time at which the loss was detected.' }),
  durationMs: z.int().optional(),
  outcome: z.enum(ATTEMPT_OUTCOMES),
  worker: z.string(),
  correlationId: z.string().meta({ description: 'In every log line of this attempt, and only there.' }),
  error: z
    .object({ code: z.string(), message: z.string(), stack: z.string().optional() })
    .optional()
    .meta({ description: 'For older attempts, the message is truncated.' }),
  progress: progressView.optional(),
})

/** `GET /v1/tasks/{id}/attempts` */
export const attemptList = z
  .object({
    items: z.array(attemptView).meta({ description: 'Newest first.' }),
    summary: z
      .object({ count: z.int(), losses: z.int(), snoozes: z.int(), interruptions: z.int() })
      .meta({ description: 'Earlier attempts that are no longer in the history of the task.' }),
  })
  .meta({ id: 'AttemptList' })
export type AttemptList = z.output<typeof attemptList>

/** Builds the view of the attempts of a task. `notes` are the stack and the progress of each attempt, by the owner of its claim. */
export const attemptListOf = (
  attempts: readonly Attempt[],
  older: OlderAttempts,
  notes: ReadonlyMap<string, Notes>,
): AttemptList => ({
  items: attempts.map(({ owner, startedAt, endedAt, error, ...attempt }) => {
    const { stack, progress } = notes.get(owner) ?? {}
    return {
      ...attempt,
      startedAt: iso(startedAt),
      // The clocks of two workers can differ; the duration is never shown as negative.
      ...(endedAt === undefined ? {} : { endedAt: iso(endedAt), durationMs: Math.max(0, endedAt - startedAt) }),
      worker: `worker:${owner}`,
      correlationId: owner,
      ...(error ? { error: { ...error, ...(stack ? { stack } : {}) } } : {}),
      ...(progress ? { progress: progressOf(attempt.attempt, progress) } : {}),
    }
  }),
  summary: older,
})
