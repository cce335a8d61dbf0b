import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { CallerCommand } from '../../core/task/command.ts'
import { objection } from '../../core/task/objection.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { readyTask as readyBody, reasonOnly, rescheduleTask as rescheduleBody } from '../../core/wire/requests.ts'
import { taskView } from '../../core/wire/task.ts'
import { apply } from '../apply.ts'
import { type Answer, type Call, operation } from './operation.ts'
import { keyOf, noTask, viewOf } from './tasks.ts'

/** Says something to the task that the call names. Answers the row that came of it, or the refusal with its state. */
export const command = async (
  call: Pick<Call, 'world' | 'caller' | 'id'>,
  intend: (row: TaskRow) => CallerCommand | Refusal,
): Promise<TaskRow | Refusal> => {
  const key = keyOf(call)
  if (isRefusal(key)) return key
  const done = await apply(call.world, key, (row) => {
    if (!row) return noTask()
    const command = intend(row)
    return isRefusal(command) ? command : (objection(row, command) ?? command)
  })
  return isRefusal(done) ? done : done.after
}

/** Who speaks, when, and why. Who it is follows from the caller's claims and from nothing in the request. */
export const said = ({ world, caller }: Pick<Call, 'world' | 'caller'>, reason?: string) => ({
  at: world.clock.now(),
  by: caller.by,
  ...(reason === undefined ? {} : { reason }),
})

const tell = async (call: Call, word: CallerCommand): Promise<Answer | Refusal> => {
  const row = await command(call, () => word)
  return isRefusal(row) ? row : { status: 200, body: await viewOf(call.world, row) }
}

/** `POST /v1/tasks/{id}/ready` */
export const readyTask = operation({
  body: readyBody,
  answers: { 200: taskView },
  run: async (call) => {
    const { notBefore, reason } = call.body
    const time = notBefore === undefined ? {} : { notBefore }
    const { environmentId } = call.app
    return tell(call, { name: 'ready', ...said(call, reason), ...time, environmentId })
  },
})

/** `POST /v1/tasks/{id}/reschedule` */
export const rescheduleTask = operation({
  body: rescheduleBody,
  answers: { 200: taskView },
  run: async (call) => {
    const { notBefore, reason } = call.body
    return tell(call, { name: 'reschedule', ...said(call, reason), notBefore })
  },
})

/** A command that says no more than its name, and why. */
const plain = (name: 'hold' | 'redrive' | 'resume') =>
  operation({
    body: reasonOnly,
    answers: { 200: taskView },
    run: async (call) => tell(call, { name, ...said(call, call.body.reason) }),
  })

/** `POST /v1/tasks/{id}/hold` */
export const holdTask = plain('hold')

/** `POST /v1/tasks/{id}/redrive` */
export const redriveTask = plain('redrive')

/** `POST /v1/tasks/{id}/resume` */
export const resumeTask = plain('resume')
