import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { isOpen, type TaskRow } from '../../core/task/row.ts'
import { type CancelResult, cancelledTask } from '../../core/wire/answers.ts'
import { reasonOnly } from '../../core/wire/requests.ts'
import { command, said } from './command.ts'
import { type Call, operation } from './operation.ts'
import { keyOf, viewOf } from './tasks.ts'

/** `POST /v1/tasks/{id}/cancel`. It can be said again and again: a task that is done with is no error. */
export const cancelTask = operation({
  body: reasonOnly,
  answers: { 200: cancelledTask },
  run: async (call) => {
    const done = await command(call, (row) =>
      asked(row) ? refuse('notAllowed', ASKED, { state: row.state }) : cancel(call, call.body.reason),
    )
    if (!isRefusal(done)) return answer(call, done, done.state === 'cancelled' ? 'cancelled' : 'cancelRequested')
    if (done.refused === 'unknown') return done
    // The refusal says only why; the answer shows the task. Between the two it may have moved, which the state tells.
    const row = await standing(call)
    if (!row) return done
    if (asked(row)) return answer(call, row, 'cancelRequested')
    return isOpen(row.state) ? done : answer(call, row, 'alreadyFinished')
  },
})

/** A second request to a worker that has been asked already would only fill the history. */
const ASKED = 'the worker has been asked already'
const asked = (row: TaskRow): boolean => row.state === 'running' && row.cancelRequested === true

const cancel = (call: Call, reason: string | undefined) =>
  ({ name: 'cancel', ...said(call, reason), retentionMs: call.app.retentionMs }) as const

const standing = async (call: Call): Promise<TaskRow | undefined> => {
  const key = keyOf(call)
  const row = isRefusal(key) ? undefined : await call.world.store.get(key)
  return row?.kind === 'task' ? row : undefined
}

const answer = async (call: Call, row: TaskRow, result: CancelResult): Promise<Refusal | { status: number; body: unknown }> => ({
  status: 200,
  body: { ...(await viewOf(call.world, row)), result },
})
