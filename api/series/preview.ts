import { LIMITS } from '../../core/limits.ts'
import { type Calendars, type Cursor, nextOccurrence } from '../../core/recurrence/next.ts'
import { type Schedule, scheduleOf } from '../../core/recurrence/schedule.ts'
import { refOf } from '../../core/row/key.ts'
import { loadCalendars } from '../../engine/calendars.ts'
import { endpoint } from '../http/endpoint.ts'
import { previewItemOf, previewRequest, previewView } from '../schemas/series-preview.ts'

/** `POST /v1/series/preview`: the occurrences of a schedule, by the code that schedules a series. Nothing is stored. */
export const previewSeries = endpoint({
  body: previewRequest,
  answers: { 200: previewView },
  run: async ({ world, caller, body }) => {
    const { from, endedAt, count = LIMITS.previewDefaultCount, id = '', ...written } = body
    const asked = from ?? endedAt ?? world.clock.now()
    const schedule = scheduleOf(written, asked)
    const cursor = endedAt === undefined ? { from: asked } : { endedAt }
    const calendars = await loadCalendars(world, caller.tenant, [schedule])
    const items = previewOf(schedule, cursor, count, { seed: refOf({ tenant: caller.tenant, id }), calendars })
    return { status: 200, body: { items } }
  },
})

/**
 * The views of the next occurrences of a schedule, at most `count`. If each next time follows from the end of a run, each run is
 * taken to end at its nominal time.
 */
export const previewOf = (
  schedule: Schedule,
  cursor: Cursor,
  count: number,
  around: { readonly seed: string; readonly calendars: Calendars },
) => {
  const items: ReturnType<typeof previewItemOf>[] = []
  let at = cursor
  // A search that ends at its bound is continued, so there can be more searches than items.
  let leftOut: Parameters<typeof previewItemOf>[2] = []
  for (let searches = 0; items.length < count && searches < LIMITS.previewSearchesCount; searches++) {
    const { occurrence, skipped, more } = nextOccurrence(schedule, at, around)
    const reached = occurrence?.nominalAt ?? more
    if (reached === undefined) break
    leftOut = [...leftOut, ...skipped]
    if (occurrence) {
      items.push(previewItemOf(schedule.timeZone, occurrence, leftOut))
      leftOut = []
    }
    at = { after: reached }
  }
  return items
}
