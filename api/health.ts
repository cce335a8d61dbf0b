import { type DurationMs, formatDuration } from '../core/duration.ts'
import { type Instant, iso } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { overdueAt } from '../core/task/places.ts'
import { tenantKey } from '../core/tenant/row.ts'
import { VERSION } from '../core/version.ts'
import type { Needs } from '../engine/needs.ts'
import type { AgendaQuery, Place } from '../engine/world.ts'
import { endpoint } from './http/endpoint.ts'
import { type Health, healthView } from './schemas/health.ts'

/** `GET /v1/health` */
export const getHealth = endpoint({
  answers: { 200: healthView },
  run: async ({ world, app, caller }) => {
    const now = world.clock.now()
    const body: Health = {
      status: 'ok',
      versions: { carillon: VERSION, api: 'v1' },
      environmentId: app.environmentId,
      time: iso(now),
      lanes: Object.values(app.lanes).map(({ name, handlerTimeoutMs, maxConcurrency }) => ({
        name,
        maxTimeout: formatDuration(handlerTimeoutMs),
        maxConcurrency,
      })),
      backlogAge: formatDuration(await backlogAge(world.store, caller.tenant, now)),
    }
    return { status: 200, body }
  },
})

/**
 * How long the oldest overdue task that was found has been overdue; 0 when none was. A bounded search, so a lower bound:
 * never more than the truth. It is the truth for a tenant with few tasks since the sweep's mark, and where the mark has
 * stopped at the overdue task itself; and close to it in a backlog of any size that is worked off in the order of its
 * times. A task that is left behind alone among very many others may be missed: finding those is the sweep's work.
 *
 * A backlog that is worked off in order is settled from the mark up to some time and open from there to now. That time is
 * searched by halves, a page at a time: before a page that has open tasks in it, and behind one that is settled.
 */
export const backlogAge = async (store: Needs<'api'>['store'], tenant: string, now: Instant): Promise<DurationMs> => {
  const opened = await store.get(tenantKey(tenant))
  if (!opened) return 0
  let low = opened.swept
  let high = now
  let from = low.at
  let oldest = now
  for (let page = 0; page < LIMITS.healthPagesCount && from < high; page++) {
    const seen = await look(store, { tenant, from, to: high, after: low }, now)
    oldest = Math.min(oldest, seen.oldest)
    if (seen.isBehind || !seen.goesOn) high = from
    else low = seen.goesOn
    from = Math.floor((low.at + high) / 2)
  }
  return now - oldest
}

type Seen = {
  readonly oldest: Instant
  /** Is a task still at its nominal time? One with a retry or a lost worker is overdue since later than its place says. */
  readonly isBehind: boolean
  /** The last place of a full page. */
  readonly goesOn?: Place
}

const look = async (store: Needs<'api'>['store'], span: Omit<AgendaQuery, 'order' | 'limit'>, now: Instant): Promise<Seen> => {
  const places = await store.agenda({ ...span, order: 'earliest', limit: LIMITS.healthPageCount })
  const ids = places.map(({ id }) => id)
  const overdue = (await store.getTasks(span.tenant, ids)).filter((row) => !row.blocked && (overdueAt(row) ?? now) < now)
  const last = places.at(-1)
  return {
    oldest: Math.min(now, ...overdue.map((row) => overdueAt(row) ?? now)),
    isBehind: overdue.some((row) => overdueAt(row) === row.notBefore),
    ...(last && places.length === LIMITS.healthPageCount ? { goesOn: last } : {}),
  }
}
