import * as z from 'zod'
import { iso } from '../../core/instant.ts'
import { ATTEMPT_OUTCOMES, type Attempt, type OlderAttempts } from '../../core/task/attempts.ts'
import type { Notes, ToldProgress } from '../../core/task/progress.ts'

const time = z.string().meta({ format: 'date-time' })

/** How far an attempt has come, as wires show it. */
export const progressView = z.object({
  at: time.meta({ description: 'When the handler said so.' }),
  attempt: z.int(),
  percent: z.number().optional(),
  text: z.string().optional(),
  counters: z.record(z.string(), z.number()).optional(),
})

/** The progress of an attempt as wires show it. */
export const progressOf = (attempt: number, { at, ...told }: ToldProgress): z.output<typeof progressView> => ({
  at: iso(at),
  attempt,
  ...told,
})

const attemptView = z.object({
  attempt: z.int().meta({ description: 'Counts from 1, and again from 1 after a redrive.' }),
  startedAt: time,
  endedAt: time.optional().meta({ description: 'Of a lost attempt, when that was found out.' }),
  durationMs: z.int().optional(),
  outcome: z.enum(ATTEMPT_OUTCOMES),
  worker: z.string(),
  correlationId: z.string().meta({ description: 'What every log line of this attempt carries, and of no other.' }),
  error: z
    .object({ code: z.string(), message: z.string(), stack: z.string().optional() })
    .optional()
    .meta({ description: 'Of older attempts, the beginning of the message.' }),
  progress: progressView.optional(),
})

/** `GET /v1/tasks/{id}/attempts` */
export const attemptList = z
  .object({
    items: z.array(attemptView).meta({ description: 'The newest first.' }),
    summary: z
      .object({ count: z.int(), losses: z.int(), snoozes: z.int() })
      .meta({ description: "The attempts before these, of which the task's history no longer tells." }),
  })
  .meta({ id: 'AttemptList' })
export type AttemptList = z.output<typeof attemptList>

/** The attempts of a task as wires show them; `notes` are what each has left beside it, by the owner of its claim. */
export const attemptListOf = (
  attempts: readonly Attempt[],
  older: OlderAttempts,
  notes: ReadonlyMap<string, Notes>,
): AttemptList => ({
  items: attempts.map(({ owner, startedAt, endedAt, error, ...told }) => {
    const { stack, progress } = notes.get(owner) ?? {}
    return {
      ...told,
      startedAt: iso(startedAt),
      // Two clocks may differ; a negative time would only puzzle.
      ...(endedAt === undefined ? {} : { endedAt: iso(endedAt), durationMs: Math.max(0, endedAt - startedAt) }),
      worker: `worker:${owner}`,
      correlationId: owner,
      ...(error ? { error: { ...error, ...(stack ? { stack } : {}) } } : {}),
      ...(progress ? { progress: progressOf(told.attempt, progress) } : {}),
    }
  }),
  summary: older,
})
