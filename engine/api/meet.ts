import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { amendmentOf } from '../../core/unique/amendment.ts'
import { debouncedTo, isOutrun, type Only, replacedOn } from '../../core/unique/only.ts'
import type { Replaceable } from '../../core/unique/policy.ts'
import { apply } from '../apply.ts'
import { storePayload } from '../payload.ts'
import { type Created, dropOrphan, type Met, type Wanted, type Where } from './make.ts'

/** Answers a request with the task in its way: as it is, or amended. Undefined when that has started meanwhile. */
export const meet = async (where: Where, wanted: Wanted, only: Only, task: TaskRow): Promise<Created | Refusal | undefined> => {
  const fields = replacedOn(only, task, wanted.request.type)
  const met = { ...metBy(only), ...(only.only === 'unique' && only.policy.replace ? { replaced: [...fields] } : {}) }
  if (fields.length === 0) return { row: task, known: {}, replayed: false, met }
  const amended = await amend(where, wanted, only, task, fields)
  return !amended || isRefusal(amended) ? amended : { ...amended, replayed: false, met }
}

/** The flag that says why no task was created. */
export const metBy = ({ only }: Only): Met => (only === 'debounce' ? { debounced: true } : { duplicate: true })

const amend = async (
  { world, caller }: Where,
  { request, plan, at }: Wanted,
  only: Only,
  task: TaskRow,
  fields: readonly Replaceable[],
): Promise<Pick<Created, 'row' | 'known'> | Refusal | undefined> => {
  const { tenant, id, createdAt } = task
  // A name of its own: the relay drops a replaced input some time later, and must not find that another request brought it again.
  const input = fields.includes('input')
    ? await storePayload(world, task, request.input as Json, undefined, `${world.ids.next()}.`)
    : undefined
  if (isRefusal(input)) return { ...input, path: '/input' }
  const restated = only.only === 'debounce' ? { ...plan, notBefore: debouncedTo(only, createdAt, at) } : plan
  const reason = `${only.only === 'debounce' ? 'debounced' : 'duplicate'}: ${fields.join(', ')} replaced`
  const command = { name: 'amend', at, by: caller.by, reason, amendment: amendmentOf(fields, restated, input) } as const
  const key = { kind: 'task', tenant, id } as const
  let later: TaskRow | undefined
  const intend = (row: TaskRow | undefined) => {
    if (!row) return refuse('unknown', `task ${id} is forgotten`)
    later = row !== task && isOutrun(only, row, at) ? row : undefined
    return later ? refuse('superseded', `a later request has amended task ${id}`) : command
  }
  const done = await apply(world, key, intend, task)
  if (!isRefusal(done)) return { row: done.after, known: input ? { input: request.input as Json } : {} }
  if (input) await dropOrphan(world, task, input)
  return later && { row: later, known: {} }
}
