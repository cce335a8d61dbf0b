import { LIMITS } from '../limits.ts'
import { outlived } from './age.ts'
import type { Claim, TaskCommand } from './command.ts'
import type { TaskError, TaskRow } from './row.ts'

/**
 * The end of a running task that has just lost its worker, or the time to run in, if it has lost as many as it may or is
 * too old for another attempt; undefined while it may be taken up again.
 */
export const lastLoss = (
  row: TaskRow,
  said: { readonly at: number; readonly by: string; readonly claim?: Claim },
  retentionMs: number,
): TaskCommand | undefined => {
  const { losses: most = LIMITS.lossesCount } = row.retry
  const workers = row.losses === 0 ? 'a worker was' : `${row.losses + 1} workers were`
  const error: TaskError = { code: 'WorkerLost', message: `${workers} lost while running this task`, retriable: true }
  if (row.losses >= most) return { name: 'fail', ...said, error, retentionMs }
  return outlived(row, said.at, said, retentionMs, error)
}
