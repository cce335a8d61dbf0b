import type { Instant } from '../../core/instant.ts'
import { isRefusal } from '../../core/refusal.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { nameForgetAt, type UniqueCommand, type UniqueRow } from '../../core/unique/row.ts'
import { apply } from '../apply.ts'
import { standing, type Where } from './make.ts'

/** A name as it was when it was looked at, and the task that it stood for, if that existed. */
export type Named = { readonly id: string; readonly row?: UniqueRow; readonly task?: TaskRow }

/** Looks a name up, and its task. */
export const look = async ({ world, caller }: Where, id: string): Promise<Named> => {
  const { tenant } = caller
  const row = (await world.store.get({ kind: 'unique', tenant, id })) as UniqueRow | undefined
  const task = row && (await standing(world, { kind: 'task', tenant, id: row.taskId }))
  return { id, ...(row ? { row } : {}), ...(task ? { task } : {}) }
}

/** What a name is to stand for, and when that task is due. */
export type Saying = Pick<UniqueCommand, 'taskId' | 'at' | 'digest'> & { readonly notBefore: Instant }

/** Has a name stand for a task; answers false when it has changed since it was looked at. */
export const point = async ({ world, caller }: Where, { id, row }: Named, { notBefore, ...saying }: Saying): Promise<boolean> => {
  const key = { kind: 'unique', tenant: caller.tenant, id } as const
  const forgetAt = nameForgetAt(notBefore, saying.at)
  const command = { name: 'point', by: caller.by, seen: row?.version ?? 0, forgetAt, ...saying } as const
  return !isRefusal(await apply(world, key, () => command, row ?? 'none'))
}
