import { type DurationMs, formatDuration } from '../core/duration.ts'
import { type Instant, iso } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { overdueAt } from '../core/task/places.ts'
import { tenantKey } from '../core/tenant/row.ts'
import { VERSION } from '../core/version.ts'
import type { Needs } from '../engine/needs.ts'
import type { AgendaQuery, Place } from '../engine/world.ts'
import { endpoint } from './http/endpoint.ts'
import { type Health, healthView } from './schemas/deployment.ts'

/** `GET /v1/health` */
export const getHealth = endpoint({
  answers: { 200: healthView },
  run: async ({ world, app, caller }) => {
    const now = world.clock.now()
    const body: Health = {
      status: 'ok',
      versions: { carillon: VERSION, api: 'v1' },
      environmentId: app.environmentId,
      tenant: caller.tenant,
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
 * Finds the age of the oldest overdue task; 0 without one. The search is bounded, so the result is a lower bound. It is exact
 * for a tenant with few tasks since the sweep's mark, and if the mark has stopped at the overdue task. It is close to the
 * exact age in a backlog of any size that is processed in the order of its times. The search can miss a single overdue task
 * among very many others; the sweep finds such a task.
 *
 * In a backlog that is processed in order, the tasks from the mark up to some time are done, and the tasks from there to now
 * are open. A binary search finds this time, one page per step: if a page has open tasks, the search continues before it,
 * otherwise behind it.
 */
export const backlogAge = async (store: Needs<'api'>['store'], tenant: string, now: Instant): Promise<DurationMs> => {
  const row = await store.get(tenantKey(tenant))
  if (!row) return 0
  // Tasks before the mark that are still overdue were so when the sweep passed them.
  let low = row.behind === undefined || row.behind > row.swept.at ? row.swept : { at: row.behind, id: '' }
  let high = now
  let from = low.at
  let oldest = now
  for (let page = 0; page < LIMITS.healthPagesCount && from < high; page++) {
    const read = await readPage(store, { tenant, from, to: high, after: low }, now)
    oldest = Math.min(oldest, read.oldest)
    if (read.isBehind || !read.next) high = from
    else low = read.next
    from = Math.floor((low.at + high) / 2)
  }
  return now - oldest
}

type BacklogPage = {
  readonly oldest: Instant
  /** A task is overdue since its nominal time. A task with a retry or a lost worker is overdue only since a later time. */
  readonly isBehind: boolean
  /** The last place of a full page. */
  readonly next?: Place
}

const readPage = async (
  store: Needs<'api'>['store'],
  span: Omit<AgendaQuery, 'order' | 'limit'>,
  now: Instant,
): Promise<BacklogPage> => {
  const places = await store.agenda({ ...span, order: 'earliest', limit: LIMITS.healthPageCount })
  const ids = places.map(({ id }) => id)
  const overdue = (await store.getTasks(span.tenant, ids)).filter((row) => !row.blocked && (overdueAt(row) ?? now) < now)
  const last = places.at(-1)
  return {
    oldest: Math.min(now, ...overdue.map((row) => overdueAt(row) ?? now)),
    isBehind: overdue.some((row) => overdueAt(row) === row.notBefore),
    ...(last && places.length === LIMITS.healthPageCount ? { next: last } : {}),
  }
}
