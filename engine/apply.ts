import { isDeepStrictEqual } from 'node:util'
import type { Instant } from '../core/instant.ts'
import { type Command, type CommandOf, type KeyOf, type Kind, kinds, type Row, type RowOf } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal, type Refusal } from '../core/refusal.ts'
import type { KindDefinition } from '../core/row/kind.ts'
import { needsVisit } from '../core/task/places.ts'
import { type TenantRow, tenantKey } from '../core/tenant/row.ts'
import type { Writer } from './needs.ts'
import { report } from './report.ts'
import { isVisited, rememberVisits, visitCommand } from './visits.ts'

/** A change that this caller has committed. `before` is absent for a creation. */
export type Applied<Of extends Kind> = { readonly before?: RowOf<Of>; readonly after: RowOf<Of> }

/** Chooses the command for the current row. It is called again with the new row after each lost race. */
export type ChooseCommand<Of extends Kind> = (row: RowOf<Of> | undefined) => CommandOf<Of> | Refusal

/** Options of `apply`. */
export type ApplyOptions<Of extends Kind> = {
  /** Can refuse a change that `decide` allows, because of something that is not on the row. */
  readonly check?: Check<Of>
  /**
   * Called after each lost race with their number. It may wait; it resolves to whether it did, and then the row is read again.
   * Absent: the next try begins at once, from the row that won.
   */
  readonly afterLostRace?: (lostCount: number) => Promise<boolean>
}

/** Checks a change before it is written; undefined when it may be. Most changes are not even to be waited for. */
export type Check<Of extends Kind> = (before: RowOf<Of> | undefined, after: RowOf<Of>) => Promise<Refusal | undefined> | undefined

/**
 * The only writer of rows. It loads the row, passes it with the command to the kind's `decide`, and writes the new row if
 * the stored version is unchanged. After a lost race it starts again from the row that won. No other code has this loop.
 *
 * @param known the caller's copy of the row, which saves the first read; `'none'` for a row to be created. An outdated copy
 *   costs one more try and does no harm, because the write is conditional
 * @returns the committed change, or the refusal of `chooseCommand`, `decide` or `check`
 * @throws the store's faults, and an Error after `LIMITS.applyCount` lost races
 */
export const apply = async <Of extends Kind>(
  world: Writer,
  key: KeyOf<Of>,
  chooseCommand: ChooseCommand<Of>,
  known?: RowOf<Of> | 'none',
  { afterLostRace, check }: ApplyOptions<Of> = {},
): Promise<Applied<Of> | Refusal> => {
  const { decide } = kinds[key.kind] as unknown as KindDefinition<RowOf<Of>, CommandOf<Of>>
  let row = known === undefined ? await world.store.get(key) : known === 'none' ? undefined : known
  for (let tries = 0; tries < LIMITS.applyCount; tries++) {
    const command = chooseCommand(row)
    if (isRefusal(command)) return command
    const next = decide(key, row, command)
    if (isRefusal(next)) return next
    const checking = check?.(row, next)
    const refusal = checking && (await checking)
    if (refusal) return refusal
    if (next.kind === 'task' && (row === undefined || needsVisit(next)))
      await openTenant(world, next.tenant, command.by, needsVisit(next) ? next.notBefore : undefined)
    const put = await world.store.put(next, row?.version ?? 0)
    if (put.written || isOurs(put.winner, next)) {
      const applied = { ...(row ? { before: row } : {}), after: next }
      report(world, applied, command as Command)
      return applied
    }
    row = (await afterLostRace?.(tries + 1)) ? await world.store.get(key) : (put.winner as RowOf<Of> | undefined)
  }
  throw new Error(`${key.kind} ${key.id} was changed by others during each of ${LIMITS.applyCount} writes; try again`)
}

/**
 * Ensures that a tenant's row exists and, with `until`, that the sweep visits the tenant until it has passed that time. `apply`
 * does this before it writes a task that only a visit would find: if the process dies in between, a visit finds nothing.
 * It costs one read for each process and tenant, and a write when the tenant was idle.
 */
export const openTenant = async (world: Writer, tenant: string, by: string, until?: Instant): Promise<void> => {
  if (isVisited(world.store, tenant, until)) return
  const at = world.clock.now()
  let row: TenantRow | undefined
  const opened = await apply(world, tenantKey(tenant), (now) => {
    row = now
    return visitCommand(now, at, by, until)
  })
  const known = isRefusal(opened) ? row : opened.after
  if (known) rememberVisits(world.store, known)
}

/** A client that repeats a write after a lost answer finds its own row. That row counts as written, not as a lost race. */
const isOurs = (winner: Row | undefined, next: Row): boolean =>
  winner?.version === next.version && isDeepStrictEqual(winner, next)
