import * as z from 'zod'
import { LIMITS } from '../../core/limits.ts'
import { instantField } from '../../core/reading/fields.ts'
import { show } from '../../core/reading/messages.ts'
import { SERIES_ID } from '../../core/reading/names.ts'
import type { Occurrence, Reason, Skipped } from '../../core/recurrence/next.ts'
import { refuseContradiction, scheduleFields } from '../../core/recurrence/schedule.ts'
import { showInZone, type TimeZone } from '../../core/recurrence/zone.ts'

/** The body of `POST /v1/series/preview`. */
export const previewRequest = z
  .strictObject({
    ...scheduleFields,
    from: instantField.optional().meta({
      description: 'The moment of asking: the first item is the initial run of a series that is made then. Default: now.',
    }),
    endedAt: instantField
      .optional()
      .meta({ description: 'Instead of from: the first item follows a run of the series that ended then.' }),
    count: z.int().min(1).max(LIMITS.previewCount).optional().meta({ default: LIMITS.previewDefaultCount }),
    id: z
      .string()
      .refine((id) => SERIES_ID.test(id) && id !== 'preview', {
        error: ({ input }) =>
          `${show(input)}; it must be 1 to ${LIMITS.seriesIdCount} characters of A-Z, a-z, 0-9, dot, dash and underscore, start with a letter or digit, and not be "preview"`,
      })
      .optional()
      .meta({ description: 'The id of the series, on which jitter and spread depend.' }),
  })
  .superRefine((request, context) => {
    refuseContradiction(request, context)
    const { from, endedAt } = request
    if (from === undefined || endedAt === undefined) return
    context.addIssue({ code: 'custom', path: ['endedAt'], message: 'given together with from; give one of them', input: endedAt })
  })
  .meta({ id: 'PreviewSeries' })

const time = z.string().meta({ format: 'date-time', description: "With the offset of the series' time zone." })

const reasonView = z.object({
  code: z.string().meta({ examples: ['gap', 'overlap', 'holiday', 'window', 'jitter', 'spread'] }),
  message: z.string(),
})

/** An occurrence that would run. */
export const previewItem = z.object({
  nominalAt: time.meta({ description: 'The time that the recurrence names.' }),
  at: time.meta({ description: 'When it starts: the nominal time, later by an exclusion, jitter or spread.' }),
  reasons: z
    .array(reasonView)
    .meta({ description: 'What is odd about it, and what was left out directly before it; empty for most.' }),
})

/** The answer of `POST /v1/series/preview`. */
export const previewView = z.object({ items: z.array(previewItem) }).meta({ id: 'Preview' })

/** Builds the view of an occurrence; `skipped` is what was left out since the one before. */
export const previewItemOf = (
  timeZone: TimeZone,
  { nominalAt, at, reasons }: Occurrence,
  skipped: readonly Skipped[] = [],
): z.output<typeof previewItem> => ({
  nominalAt: showInZone(timeZone, nominalAt),
  at: showInZone(timeZone, at),
  reasons: [...leftOut(skipped), ...reasons].map(({ code, message }) => ({ code, message })),
})

/** The first times that were left out, and the number of the others. */
const leftOut = (skipped: readonly Skipped[]): readonly Pick<Reason, 'code' | 'message'>[] => {
  const last = skipped[LIMITS.previewReasonsCount - 1]
  if (!last || skipped.length === LIMITS.previewReasonsCount) return skipped
  const others = skipped.length - LIMITS.previewReasonsCount + 1
  return [...skipped.slice(0, LIMITS.previewReasonsCount - 1), { code: last.code, message: `${others} more times are left out` }]
}
