// biome-ignore-all lint/suspicious/noThenProperty: `then` is a text here, so the object is no promise
import type { Request } from '../../../api/http/request.ts'
import { type Instant, iso } from '../../../core/instant.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'

/** A request for a calendar, or for a series that names it. */
type CalendarRequest = { readonly at: Instant; readonly tenant: string; readonly request: Request }

const MINUTE = 60_000

/** Draws the requests of one run: in some runs a calendar is edited and deleted while a series names it. */
export const calendarRequestsOf = (
  random: Random,
  tenants: readonly string[],
  start: Instant,
  healAt: Instant,
): readonly CalendarRequest[] => {
  if (!chance(random, 0.15)) return []
  const tenant = pick(random, tenants)
  const request = (at: Instant, method: string, path: string, body?: object): CalendarRequest => ({
    at,
    tenant,
    request: { method, path, query: {}, headers: {}, ...(body ? { body: JSON.stringify(body) } : {}) },
  })
  const days = [start, start + 24 * 60 * MINUTE].map((at) => iso(at).slice(0, 10))
  const edits = Array.from({ length: between(random, 1, 4) }, () => {
    const at = between(random, start, healAt)
    if (chance(random, 0.25)) return request(at, 'DELETE', '/v1/calendars/off')
    return request(at, 'PUT', '/v1/calendars/off', { dates: days.filter(() => chance(random, 0.4)) })
  })
  const series = request(between(random, start, healAt - 10 * MINUTE), 'PUT', '/v1/series/with-calendar', {
    type: 'quiet',
    input: { script: [{ do: 'succeed', ms: 0 }] },
    recurrence: { rate: `${between(random, 1, 6)}m` },
    exclude: { calendars: ['off'], then: pick(random, ['skip', 'next']) },
    endAt: iso(healAt + 5 * MINUTE),
  })
  return [request(start + MINUTE, 'PUT', '/v1/calendars/off', { dates: [] }), ...edits, series]
}
