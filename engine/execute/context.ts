import type { Context, Progress } from '../../core/define.ts'
import { fitProgress } from '../../core/task/progress.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { toldLine } from '../../core/told.ts'
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
  const log = (level: 'info' | 'warn' | 'error') => (given: string, givenFields?: object) => {
    const { message, fields } = toldLine(given, givenFields)
    world.log[level](message, { ...fields, ...common })
  }
  const warned = new Set<string>()
  const fitted = (given: Progress): Progress => {
    const { progress, changes } = fitProgress(given)
    for (const { path, message } of changes) {
      // Once for each path, because a handler reports its progress in a loop.
      if (!warned.has(path)) world.log.warn('attempt.progressChanged', { path: `/progress${path}`, detail: message, ...common })
      warned.add(path)
    }
    return progress
  }
  return {
    input: parts.input,
    task: { id, tenant, type, createdAt, notBefore, tags },
    attempt: row.attempt,
    signal: parts.signal,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    heartbeat: async (progress) => {
      const shown = progress === undefined ? undefined : fitted(progress)
      if (parts.over.aborted) return
      await Promise.all([shown && parts.reportProgress(shown), parts.checkClaim()])
    },
    // The id is unique over all tenants and stays the same through attempts and redrives.
    idempotencyKey: `carillon-${id}`,
  }
}
