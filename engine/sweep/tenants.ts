import { defined } from '../../core/defined.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import type { TenantRow } from '../../core/tenant/row.ts'
import type { Needs } from '../needs.ts'
import { visitAgenda } from './agenda.ts'
import { guarded, type SweepResult, type SweepRun, sumOf } from './repair.ts'

/** The result of a round over the tenants. */
export type Round = SweepResult & {
  /** Every tenant has been visited. */
  readonly isComplete: boolean
  /** All tenants up to this one, in the order of the visits, have been visited. Absent: none was. */
  readonly stoppedAfter?: string
  /** Has the sweep begun at the first name, or come to it again? */
  readonly isNew: boolean
  /** The least time that the sweep has reached on the agenda of a visited tenant. */
  readonly reachedAt: Instant
}

type RoundOptions = {
  /** The round starts after this tenant, and ends with it. */
  readonly after: string | undefined
  readonly isOver: () => boolean
  /** Stores that all tenants up to this one have been visited, in case the process dies. */
  readonly save: (tenant: string) => Promise<void>
}

/**
 * Visits the agenda of each tenant, several at the same time, because a sweep mostly waits for the store. A visit is limited:
 * a tenant with more work than that has another visit after the others had their turn.
 */
export const sweepTenants = async (run: SweepRun, { after, isOver, save }: RoundOptions): Promise<Round> => {
  const { world } = run
  const parts: SweepResult[] = []
  const order: (NextTenant & { isDone: boolean })[] = []
  const tenants = tenantsAfter(world, after)
  const unfinished: TenantRow[] = []
  let visited: NextTenant | undefined
  let reachedAt = run.now - LIMITS.sweepGraceMs
  let isExhausted = false
  let savedAt = world.clock.now()

  const visit = async (tenant: TenantRow): Promise<void> => {
    const endsAt = world.clock.now() + LIMITS.sweepVisitMs
    const part = await guarded(world, { tenant: tenant.id }, async () => {
      const done = await visitAgenda(run, tenant, () => isOver() || world.clock.now() >= endsAt)
      reachedAt = Math.min(reachedAt, done.reachedAt)
      if (!done.isComplete && done.faults.length === 0) unfinished.push(done.tenant)
      return done
    })
    parts.push(part)
  }

  const visitNext = async (next: NextTenant): Promise<void> => {
    const entry = { ...next, isDone: false }
    order.push(entry)
    await visit(next.tenant)
    entry.isDone = true
    while (order[0]?.isDone) visited = order.shift()
    if (visited === undefined || world.clock.now() - savedAt < LIMITS.sweepSaveMs) return
    savedAt = world.clock.now()
    await save(visited.tenant.id)
  }

  const work = async (): Promise<void> => {
    while (!isOver()) {
      const next = isExhausted ? undefined : await tenants.next()
      if (next && !next.done) await visitNext(next.value)
      else {
        isExhausted = true
        const tenant = unfinished.shift()
        if (!tenant) return
        await visit(tenant)
      }
    }
  }

  await Promise.all(Array.from({ length: LIMITS.sweepTenantsCount }, work))
  const isComplete = isExhausted && order.length === 0
  return {
    ...sumOf(parts),
    isComplete,
    reachedAt,
    isNew: visited?.isNew ?? false,
    ...defined({ stoppedAfter: visited?.tenant.id }),
  }
}

type NextTenant = { readonly tenant: TenantRow; readonly isNew: boolean }

/** All tenants by name, from the one after `start` on, and then from the first one up to `start`. */
async function* tenantsAfter(world: Needs<'sweep'>, start: string | undefined): AsyncGenerator<NextTenant, undefined> {
  for await (const tenant of tenantsBetween(world, start, undefined)) yield { tenant, isNew: start === undefined }
  if (start !== undefined) for await (const tenant of tenantsBetween(world, undefined, start)) yield { tenant, isNew: true }
  return undefined
}

async function* tenantsBetween(
  world: Needs<'sweep'>,
  after: string | undefined,
  last: string | undefined,
): AsyncGenerator<TenantRow, undefined> {
  const limit = LIMITS.sweepTenantsPageCount
  let from = after
  for (;;) {
    const page = await world.store.tenants({ limit, ...(from === undefined ? {} : { after: from }) })
    for (const tenant of page) {
      if (last !== undefined && tenant.id > last) return undefined
      yield tenant
    }
    from = page.at(-1)?.id
    if (page.length < limit) return undefined
  }
}
