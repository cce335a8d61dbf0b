import { type Context, nonRetriable, type Progress } from '../../core/define.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal } from '../../core/refusal.ts'
import { progressShape } from '../../core/task/progress.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Needs } from '../needs.ts'

/** What every log line of an attempt carries: one search for the correlation id finds all of them. */
export const aboutAttempt = ({ tenant, id, type, attempt, lease }: TaskRow) => ({
  tenant,
  taskId: id,
  type,
  attempt,
  ...(lease ? { correlationId: lease.owner } : {}),
})

/** What a handler's context is made of besides its row. */
type Given = {
  readonly input: unknown
  readonly signal: AbortSignal
  /** Fires when the attempt is over: a handler that was left behind has nothing more to tell. */
  readonly over: AbortSignal
  readonly tell: (progress: Progress) => Promise<void>
  readonly look: () => Promise<void>
}

/** What the handler is given. */
export const contextOf = (world: Needs<'execute'>, row: TaskRow, given: Given): Context<unknown> => {
  const { tenant, id, type, createdAt, notBefore, tags = [] } = row
  const about = aboutAttempt(row)
  const log = (level: 'info' | 'warn' | 'error') => (message: string, fields?: object) =>
    world.log[level](message, { ...fields, ...about })
  return {
    input: given.input,
    task: { id, tenant, type, createdAt, notBefore, tags },
    attempt: row.attempt,
    signal: given.signal,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    heartbeat: async (progress) => {
      const told = progress === undefined ? undefined : readProgress(progress)
      if (given.over.aborted) return
      await Promise.all([told && given.tell(told), given.look()])
    },
    // The id is unique over all tenants and stays the same through attempts and redrives.
    idempotencyKey: `carillon-${id}`,
  }
}

const readProgress = (progress: Progress): Progress => {
  const told = read(progressShape, progress, '/progress')
  if (isRefusal(told)) throw nonRetriable('BadProgress', `the heartbeat's progress cannot be kept: ${told.message}`)
  return told.value
}
