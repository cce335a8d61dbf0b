import { LIMITS } from '../../core/limits.ts'
import type { Found } from '../../core/operation/command.ts'
import { isMeant } from '../../core/operation/order.ts'
import type { OperationRow } from '../../core/operation/row.ts'
import type { Place } from '../../core/row/place.ts'
import { spanOf } from '../../core/task/filter.ts'
import type { Needs } from '../needs.ts'

/**
 * Walks on along the agenda until there are tasks enough for a page, or enough has been looked at for one wake-up. A dry
 * run only counts.
 */
export const lookAhead = async (
  { store, clock }: Pick<Needs<'control'>, 'store' | 'clock'>,
  operation: OperationRow,
  retentionMs: number,
): Promise<Found> => {
  const { tenant, filter, dryRun, rate } = operation
  const most = dryRun ? Number.POSITIVE_INFINITY : Math.min(LIMITS.operationPageCount, rate.count)
  // A set, because the index may still show a task at its former place as well.
  const meant = new Set<string>()
  let { place } = operation
  let examined = 0
  const found = (isLast: boolean): Found => ({
    tasks: dryRun ? [] : [...meant],
    ...(place ? { place } : {}),
    examined,
    matched: meant.size,
    isLast,
  })
  while (examined < LIMITS.operationScanCount) {
    const places = await store.agenda({
      tenant,
      order: 'earliest',
      ...spanOf(filter),
      ...(place ? { after: place } : {}),
      limit: LIMITS.operationLookCount,
    })
    const rows = await rowsAt(store, tenant, places)
    for (const next of places) {
      if (meant.size === most) return found(false)
      const row = rows.get(next.id)
      if (row && isMeant(operation, row, clock.now(), retentionMs)) meant.add(row.id)
      place = next
      examined++
    }
    if (places.length < LIMITS.operationLookCount) return found(true)
  }
  return found(false)
}

const rowsAt = async (store: Needs<'control'>['store'], tenant: string, places: readonly Place[]) => {
  const ids = places.map(({ id }) => id)
  const rows = ids.length > 0 ? await store.getTasks(tenant, ids) : []
  return new Map(rows.map((row) => [row.id, row]))
}
