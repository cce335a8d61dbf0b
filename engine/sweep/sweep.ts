import { LIMITS } from '../../core/limits.ts'
import type { TenantRow } from '../../core/tenant/row.ts'
import type { SweepApp } from '../app.ts'
import type { Needs } from '../needs.ts'
import { sweepAgenda } from './agenda.ts'
import { guarded, type SweepResult, sumOf } from './repair.ts'
import { sweepWatched } from './watch.ts'

/**
 * The safety net: finds rows that should have woken and did not, and wakes them again from the row. Two walks: along the
 * watched wake-ups of all tenants, and along each tenant's agenda from where the last sweep stopped. What fails for one
 * row or tenant is left to the next sweep and holds up no other.
 *
 * @throws AggregateError at the end, with every fault that was met on the way
 */
export const sweep = async (world: Needs<'sweep'>, app: SweepApp): Promise<SweepResult> => {
  const until = world.clock.now() - LIMITS.sweepGraceMs
  const swept = [await sweepWatched(world, app, until)]
  for await (const tenants of tenantsSideBySide(world)) {
    const about = (tenant: TenantRow) => ({ tenant: tenant.id })
    swept.push(
      ...(await Promise.all(
        tenants.map((tenant) => guarded(world, about(tenant), () => sweepAgenda(world, app, tenant, until))),
      )),
    )
  }
  const { examined, repaired, faults } = sumOf(swept)
  if (repaired > 0) world.meter.add('SweepRepairs', repaired, {})
  world.log[repaired + faults.length > 0 ? 'warn' : 'info']('sweep.done', { examined, repaired, faults: faults.length })
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} parts of the sweep failed; all others are done`)
  return { examined, repaired, faults }
}

/** All tenants, as many at a time as are swept side by side: most of a sweep is waiting for answers. */
async function* tenantsSideBySide(world: Needs<'sweep'>): AsyncGenerator<readonly TenantRow[]> {
  const limit = LIMITS.sweepTenantsCount
  let after: string | undefined
  while (true) {
    const page = await world.store.tenants({ limit, ...(after ? { after } : {}) })
    yield page
    after = page.at(-1)?.id
    if (page.length < limit) return
  }
}
