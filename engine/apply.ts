import { isDeepStrictEqual } from 'node:util'
import { type Command, type CommandOf, type KeyOf, type Kind, kinds, type Row, type RowOf } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal, type Refusal } from '../core/refusal.ts'
import type { KindDefinition } from '../core/row/kind.ts'
import type { Writer } from './needs.ts'
import { report } from './report.ts'

/** A change that has been committed by this caller. `before` is absent for a creation. */
export type Applied<Of extends Kind> = { readonly before?: RowOf<Of>; readonly after: RowOf<Of> }

/** What is to be said to the row as it is: asked again with each row that wins the race before us. */
export type Intend<Of extends Kind> = (row: RowOf<Of> | undefined) => CommandOf<Of> | Refusal

/**
 * The only writer: load, decide, one conditional write, and again from the row that won if somebody was faster.
 * It is the one such loop in the code base.
 *
 * @param known the row as the caller knows it, to save the first read; `'none'` for one that is about to be created.
 *   A guess that proves wrong costs a retry, never a mistake
 * @returns what was committed, or why not
 * @throws whatever the store throws, and an Error when `LIMITS.applyCount` races in a row were lost
 */
export const apply = async <Of extends Kind>(
  world: Writer,
  key: KeyOf<Of>,
  intend: Intend<Of>,
  known?: RowOf<Of> | 'none',
): Promise<Applied<Of> | Refusal> => {
  const { decide } = kinds[key.kind] as unknown as KindDefinition<RowOf<Of>, CommandOf<Of>>
  let row = known === undefined ? await world.store.get(key) : known === 'none' ? undefined : known
  for (let tries = 0; tries < LIMITS.applyCount; tries++) {
    const command = intend(row)
    if (isRefusal(command)) return command
    const next = decide(key, row, command)
    if (isRefusal(next)) return next
    const put = await world.store.put(next, row?.version ?? 0)
    if (put.written || isOurs(put.winner, next)) {
      const applied = { ...(row ? { before: row } : {}), after: next }
      report(world, applied, command as Command)
      return applied
    }
    row = put.winner as RowOf<Of> | undefined
  }
  throw new Error(`${key.kind} ${key.id} changed under every one of ${LIMITS.applyCount} tries to write it; try again`)
}

/** A client that retries a write whose answer was lost is refused by its own first try. Such a row is ours, not a rival's. */
const isOurs = (winner: Row | undefined, next: Row): boolean =>
  winner?.version === next.version && isDeepStrictEqual(winner, next)
