import type { Request } from '../../../api/http/request.ts'
import { defined } from '../../../core/defined.ts'
import { formatDuration } from '../../../core/duration.ts'
import type { GateSpec } from '../../../core/gate/requirements.ts'
import { iso } from '../../../core/instant.ts'
import { writeRetry } from '../../../core/retry/format.ts'
import type { Json } from '../../../core/row/json.ts'
import type { VirtualClock } from '../../memory/clock.ts'
import type { Recorder } from '../recorder.ts'
import { type Client, REQUESTS_COUNT, requestUntilAnswered } from './client.ts'
import { requestFields } from './duplicates.ts'
import type { PlannedPause } from './gates.ts'
import { startOperations } from './operations.ts'
import type { Plan, PlannedCommand, PlannedTask } from './plan.ts'

/** Applied, not possible in this state, or a fault. */
const EXPECTED_STATUSES = [200, 409, 503]

/** Sends the requests of a plan, each at its time. */
export const startCallers = (plan: Plan, clock: VirtualClock, client: Client, recorder: Recorder): void => {
  const ids = new Map<string, string>()

  const create = (task: PlannedTask): void =>
    requestUntilAnswered(
      clock,
      () => {
        recorder.requested({
          mark: task.mark,
          tenant: task.tenant,
          input: inputOf(task),
          ...defined({ uniqueness: task.uniqueness }),
        })
        return client.request(task.tenant, creation(task), task.environmentId)
      },
      ({ status, body = '' }) => {
        if (status !== 200 && status !== 201) return recorder.unexpected(`the API answered a creation with ${status}: ${body}`)
        const { id } = JSON.parse(body) as { readonly id: string }
        ids.set(task.mark, id)
        recorder.answered(task.mark, id)
      },
      REQUESTS_COUNT,
    )

  const command = ({ mark, verb, notBefore }: PlannedCommand): void => {
    const task = plan.tasks.find((each) => each.mark === mark)
    const id = ids.get(mark)
    if (!task || !id) return
    if (verb === 'skip')
      return void client
        .command({ kind: 'task', tenant: task.tenant, id }, (at) => ({ name: 'skip', at, by: 'system:sim', retentionMs: 1 }))
        .then(({ status }) => {
          if (status === 503) recorder.traceLine(`no answer to a command for ${id}`)
        })
    const body = verb === 'reschedule' || verb === 'ready' ? { body: JSON.stringify({ notBefore: iso(notBefore) }) } : {}
    const request = { method: 'POST', path: `/v1/tasks/${id}/${verb}`, query: {}, headers: {}, ...body }
    void client.request(task.tenant, request).then(({ status, body: answer }) => {
      // A time after the deadline of the task is refused with 400.
      const isExpected = EXPECTED_STATUSES.includes(status) || (status === 400 && task.expiresAfterMs !== undefined)
      if (!isExpected) recorder.unexpected(`the API answered ${verb} with ${status}: ${answer}`)
    })
  }

  /** A pause is requested until it has been answered, and so is the resume after it; otherwise tasks would stay blocked. */
  const control = ({ tenant, scope }: PlannedPause, verb: 'pause' | 'resume', onDone: () => void): void => {
    const request = { method: 'POST', path: `/v1/controls/${scope}/${verb}`, query: {}, headers: {} }
    const body = JSON.stringify({ reason: 'to see what happens' })
    requestUntilAnswered(
      clock,
      () => client.request(tenant, { ...request, body }),
      ({ status, body: answer }, isLate) => {
        if (status !== 200) recorder.unexpected(`the API answered ${verb} of ${scope} with ${status}: ${answer}`)
        if (!isLate) onDone()
      },
      Number.POSITIVE_INFINITY,
    )
  }

  startOperations(plan.operations, clock, client, recorder)
  for (const pause of plan.pauses) {
    const resume = () => clock.at(Math.max(clock.now(), pause.to), () => control(pause, 'resume', () => {}))
    clock.at(pause.from, () => control(pause, 'pause', resume))
  }
  for (const task of plan.tasks)
    for (let time = 0; time < task.requestsCount; time++) clock.at(task.at + time, () => create(task))
  for (const planned of plan.commands) clock.at(planned.at, () => command(planned))
}

const inputOf = ({ script, text, uniqueness }: PlannedTask): Json => ({
  script,
  ...(text ? { text } : {}),
  ...(uniqueness ? { subject: uniqueness.subject } : {}),
})

const gateOf = ({ rate, ...gate }: GateSpec) =>
  rate ? { ...gate, rate: { count: rate.count, per: formatDuration(rate.periodMs) } } : gate

const creation = (task: PlannedTask): Request => ({
  method: 'POST',
  path: '/v1/tasks',
  query: {},
  // Without a key, a repeated request would create a second task.
  headers: { 'content-type': 'application/json', 'idempotency-key': task.mark },
  body: JSON.stringify({
    type: task.type,
    input: inputOf(task),
    ready: task.ready,
    ...(task.uniqueness ? requestFields(task.uniqueness, iso(task.notBefore)) : { notBefore: iso(task.notBefore) }),
    tags: [task.mark],
    ...(task.expiresAfterMs === undefined ? {} : { expiresAfter: formatDuration(task.expiresAfterMs) }),
    ...(task.timeoutMs === undefined ? {} : { timeout: formatDuration(task.timeoutMs) }),
    ...(task.gate ? { gate: gateOf(task.gate) } : {}),
    ...defined({ priority: task.priority, onFailure: task.onFailure }),
    ...(task.retry ? { retry: writeRetry(task.retry) } : {}),
  }),
})
