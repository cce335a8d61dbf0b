import { type DurationMs, formatDuration } from '../../core/duration.ts'
import { type Instant, iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { overdueAt } from '../../core/task/places.ts'
import { type TenantRow, tenantKey } from '../../core/tenant/row.ts'
import { VERSION } from '../../core/version.ts'
import { type Health, health } from '../../core/wire/answers.ts'
import type { Place, Store } from '../world.ts'
import { operation } from './operation.ts'

/** `GET /v1/health` */
export const getHealth = operation({
  answers: { 200: health },
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
 * How long the first overdue task on the tenant's agenda has been overdue. The sweep's mark says where to begin: all
 * before it is settled, or is on the watch because it has left its nominal time (a retry, a snooze).
 */
const backlogAge = async (store: Store, tenant: string, now: Instant): Promise<DurationMs> => {
  const opened = (await store.get(tenantKey(tenant))) as TenantRow | undefined
  if (!opened) return 0
  let after: Place | undefined
  for (let seen = 0; seen < LIMITS.healthScanCount; seen += LIMITS.sweepPageCount) {
    const span = { tenant, order: 'earliest', from: opened.swept.at, to: now } as const
    const places = await store.agenda({ ...span, limit: LIMITS.sweepPageCount, ...(after ? { after } : {}) })
    for (const row of await store.getTasks(
      tenant,
      places.map(({ id }) => id),
    )) {
      const due = overdueAt(row)
      if (due !== undefined && due < now) return now - due
    }
    if (places.length < LIMITS.sweepPageCount) return 0
    after = places.at(-1)
  }
  return 0
}
