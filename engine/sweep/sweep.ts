import { LIMITS } from '../../core/limits.ts'
import type { TenantRow } from '../../core/tenant/row.ts'
import type { SweepApp } from '../app.ts'
import type { Needs } from '../needs.ts'
import { sendUnarmed } from '../unarmed.ts'
import { sweepAgenda } from './agenda.ts'
import { guarded, type SweepResult, sumOf } from './repair.ts'
import { sweepWatched } from './watch.ts'

/**
 * Repairs lost messages and timers: index → overdue rows → the wake-up of each row again. The agenda of each tenant has the
 * tasks by nominal time (`sweepAgenda`). The watch, over all tenants, has the far wake-ups and those at other times: retries,
 * deadlines, leases (`sweepWatched`). A fault of one row or tenant does not stop the others; the next sweep tries again.
 *
 * @throws AggregateError at the end, with all faults
 */
export const sweep = async (world: Needs<'sweep'>, app: SweepApp): Promise<SweepResult> => {
  const until = world.clock.now() - LIMITS.sweepGraceMs
  const { sentCount, faults: unsent } = await sendUnarmed(world)
  const swept = [{ examined: sentCount, repaired: 0, faults: unsent }, await sweepWatched(world, app, until)]
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
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} parts of the sweep failed; all other parts are done`)
  return { examined, repaired, faults }
}

/** All tenants, in pages that are swept in parallel, because a sweep mostly waits for the store. */
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
