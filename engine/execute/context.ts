import { type Context, nonRetriable, type Progress } from '../../core/define.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal } from '../../core/refusal.ts'
import { progressShape } from '../../core/task/progress.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Needs } from '../needs.ts'

/** Fields of each log line of an attempt. All lines of one attempt have the same correlation id. */
export const attemptFields = ({ tenant, id, type, attempt, lease }: TaskRow) => ({
  tenant,
  taskId: id,
  type,
  attempt,
  ...(lease ? { correlationId: lease.owner } : {}),
})

/** The parts of a handler's context that do not follow from the row. */
type ContextParts = {
  readonly input: unknown
  readonly signal: AbortSignal
  /** Fires when the attempt is over. Later heartbeats of an abandoned handler do nothing. */
  readonly over: AbortSignal
  readonly reportProgress: (progress: Progress) => Promise<void>
  readonly checkClaim: () => Promise<void>
}

/** The context that the handler receives. */
export const contextOf = (world: Needs<'execute'>, row: TaskRow, parts: ContextParts): Context<unknown> => {
  const { tenant, id, type, createdAt, notBefore, tags = [] } = row
  const common = attemptFields(row)
  const log = (level: 'info' | 'warn' | 'error') => (message: string, fields?: object) =>
    world.log[level](message, { ...fields, ...common })
  return {
    input: parts.input,
    task: { id, tenant, type, createdAt, notBefore, tags },
    attempt: row.attempt,
    signal: parts.signal,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    heartbeat: async (progress) => {
      const checked = progress === undefined ? undefined : readProgress(progress)
      if (parts.over.aborted) return
      await Promise.all([checked && parts.reportProgress(checked), parts.checkClaim()])
    },
    // The id is unique over all tenants and stays the same through attempts and redrives.
    idempotencyKey: `carillon-${id}`,
  }
}

const readProgress = (progress: Progress): Progress => {
  const checked = read(progressShape, progress, '/progress')
  if (isRefusal(checked)) throw nonRetriable('BadProgress', `the progress of the heartbeat is invalid: ${checked.message}`)
  return checked.value
}
