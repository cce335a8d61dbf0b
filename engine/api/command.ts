import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { QUARANTINE_TYPE } from '../../core/task/birth.ts'
import type { CallerCommand } from '../../core/task/command.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { nothing, readyTask as readyBody, rescheduleTask as rescheduleBody } from '../../core/wire/requests.ts'
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
  const done = await apply(call.world, key, (row) => (row ? intend(row) : noTask()))
  return isRefusal(done) ? done : done.after
}

/** Who speaks, and when. */
export const said = ({ world, caller }: Pick<Call, 'world' | 'caller'>) => ({ at: world.clock.now(), by: caller.by })

const answer = async (call: Call, row: TaskRow | Refusal): Promise<Answer | Refusal> =>
  isRefusal(row) ? row : { status: 200, body: await viewOf(call.world, row) }

/** `POST /v1/tasks/{id}/ready` */
export const readyTask = operation({
  body: readyBody,
  answers: { 200: taskView },
  run: async (call) => {
    const { notBefore } = call.body
    const time = notBefore === undefined ? {} : { notBefore }
    const speaker = said(call)
    const { environmentId } = call.app
    const ready = (row: TaskRow) =>
      badTime(row, notBefore, speaker.at) ?? ({ name: 'ready', ...speaker, ...time, environmentId } as const)
    return answer(call, await command(call, ready))
  },
})

/** `POST /v1/tasks/{id}/hold` */
export const holdTask = operation({
  body: nothing,
  answers: { 200: taskView },
  run: async (call) => answer(call, await command(call, () => ({ name: 'hold', ...said(call) }))),
})

/** `POST /v1/tasks/{id}/reschedule` */
export const rescheduleTask = operation({
  body: rescheduleBody,
  answers: { 200: taskView },
  run: async (call) => {
    const { notBefore } = call.body
    const speaker = said(call)
    const reschedule = (row: TaskRow) =>
      badTime(row, notBefore, speaker.at) ?? ({ name: 'reschedule', ...speaker, notBefore } as const)
    return answer(call, await command(call, reschedule))
  },
})

/** `POST /v1/tasks/{id}/redrive` */
export const redriveTask = operation({
  body: nothing,
  answers: { 200: taskView },
  run: async (call) => answer(call, await command(call, (row) => evidence(row) ?? { name: 'redrive', ...said(call) })),
})

/** A message that nobody could read is kept as evidence: nothing can run it, and a try would only cover up its error. */
const evidence = (row: TaskRow): Refusal | undefined => {
  if (row.type !== QUARANTINE_TYPE) return undefined
  const why = `task ${row.id} is an unreadable message, kept as evidence: nothing can run it, so it cannot be redriven`
  return refuse('notAllowed', `${why}. Its input shows the message; create what it was meant to be as a task of its own`, {
    state: row.state,
  })
}

/** A time that is too far ahead, or at which the task would only expire. Only a task that has never started has a deadline to miss. */
const badTime = (row: TaskRow, notBefore: number | undefined, now: number): Refusal | undefined => {
  if (notBefore === undefined) return undefined
  if (notBefore - now > LIMITS.horizonMs) return tooFar(notBefore, now)
  const movable = row.state === 'scheduled' || row.state === 'pending'
  if (!movable || row.expiresAt === undefined || notBefore < row.expiresAt) return undefined
  return refuse(
    'invalid',
    `/notBefore: ${iso(notBefore)}; the task expires at ${iso(row.expiresAt)}, so it must be before that`,
    {
      path: '/notBefore',
      state: row.state,
    },
  )
}

/** The no for a time beyond the horizon. */
export const tooFar = (notBefore: number, now: number): Refusal =>
  refuse('invalid', `/notBefore: ${iso(notBefore)}; it must be at most ten years ahead, before ${iso(now + LIMITS.horizonMs)}`, {
    path: '/notBefore',
  })
