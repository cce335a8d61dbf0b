import { defined } from '../../core/defined.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { type CallerCommand, checkCommand } from '../../core/task/command.ts'
import { isOpen, type TaskRow } from '../../core/task/row.ts'
import { apply } from '../../engine/apply.ts'
import { farTasksCheck } from '../../engine/far-tasks.ts'
import { type Answer, type Call, endpoint } from '../http/endpoint.ts'
import { taskView } from '../schemas/task.ts'
import { type CancelResult, cancelledTask, readyRequest, reasonRequest, rescheduleRequest } from '../schemas/task-commands.ts'
import { keyOf, noTask, viewOf } from './get.ts'

/** Applies a command to the task in the path. Returns the changed row, or the refusal with the state of the task. */
export const commandTask = async (
  call: Pick<Call, 'world' | 'app' | 'caller' | 'id'>,
  commandFor: (row: TaskRow) => CallerCommand | Refusal,
): Promise<TaskRow | Refusal> => {
  const key = keyOf(call)
  if (isRefusal(key)) return key
  const chooseCommand = (row: TaskRow | undefined) => {
    if (!row) return noTask()
    const command = commandFor(row)
    return isRefusal(command) ? command : (checkCommand(row, command) ?? command)
  }
  const done = await apply(call.world, key, chooseCommand, undefined, { check: farTasksCheck(call.world, call.app) })
  return isRefusal(done) ? done : done.after
}

/** The time, the caller and the reason of a command. The caller comes from the claims, never from the request. */
export const stampOf = ({ world, caller }: Pick<Call, 'world' | 'caller'>, reason?: string) => ({
  at: world.clock.now(),
  by: caller.by,
  ...defined({ reason }),
})

const runCommand = async (call: Call, command: CallerCommand): Promise<Answer | Refusal> => {
  const row = await commandTask(call, () => command)
  return isRefusal(row) ? row : { status: 200, body: await viewOf(call.world, row) }
}

/** `POST /v1/tasks/{id}/ready` */
export const readyTask = endpoint({
  body: readyRequest,
  answers: { 200: taskView },
  run: async (call) => {
    const { notBefore, reason } = call.body
    const time = notBefore === undefined ? {} : { notBefore }
    const { environmentId } = call.app
    return runCommand(call, { name: 'ready', ...stampOf(call, reason), ...time, environmentId })
  },
})

/** `POST /v1/tasks/{id}/reschedule` */
export const rescheduleTask = endpoint({
  body: rescheduleRequest,
  answers: { 200: taskView },
  run: async (call) => {
    const { notBefore, reason } = call.body
    return runCommand(call, { name: 'reschedule', ...stampOf(call, reason), notBefore })
  },
})

/** A command without fields other than the reason. */
const plainCommand = (name: 'hold' | 'redrive' | 'resume') =>
  endpoint({
    body: reasonRequest,
    answers: { 200: taskView },
    run: async (call) => runCommand(call, { name, ...stampOf(call, call.body.reason) }),
  })

/** `POST /v1/tasks/{id}/hold` */
export const holdTask = plainCommand('hold')

/** `POST /v1/tasks/{id}/redrive` */
export const redriveTask = plainCommand('redrive')

/** `POST /v1/tasks/{id}/resume` */
export const resumeTask = plainCommand('resume')

/** `POST /v1/tasks/{id}/cancel`. A repeated cancel succeeds, and so does the cancel of a finished task. */
export const cancelTask = endpoint({
  body: reasonRequest,
  answers: { 200: cancelledTask },
  run: async (call) => {
    const done = await commandTask(call, (row) =>
      isCancelRequested(row) ? refuse('notAllowed', CANCEL_REQUESTED, { state: row.state }) : cancel(call, call.body.reason),
    )
    if (!isRefusal(done)) return answer(call, done, done.state === 'cancelled' ? 'cancelled' : 'cancelRequested')
    if (done.refused === 'unknown') return done
    // The answer shows the task, which the refusal lacks. The row is read again, and its state may have changed meanwhile.
    const row = await currentTask(call)
    if (!row) return done
    if (isCancelRequested(row)) return answer(call, row, 'cancelRequested')
    return isOpen(row.state) ? done : answer(call, row, 'alreadyFinished')
  },
})

/** A repeated request to a running worker is refused, because it would only fill the history. */
const CANCEL_REQUESTED = 'the cancel has been requested already'
const isCancelRequested = (row: TaskRow): boolean => row.state === 'running' && row.cancelRequested === true

const cancel = (call: Call, reason: string | undefined) =>
  ({ name: 'cancel', ...stampOf(call, reason), retentionMs: call.app.retentionMs }) as const

const currentTask = async (call: Call): Promise<TaskRow | undefined> => {
  const key = keyOf(call)
  const row = isRefusal(key) ? undefined : await call.world.store.get(key)
  return row?.kind === 'task' ? row : undefined
}

const answer = async (call: Call, row: TaskRow, result: CancelResult): Promise<Refusal | { status: number; body: unknown }> => ({
  status: 200,
  body: { ...(await viewOf(call.world, row)), result },
})
