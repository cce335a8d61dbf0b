import type { Request, Response } from '../../../api/http/request.ts'
import { defined } from '../../../core/defined.ts'
import { formatDuration } from '../../../core/duration.ts'
import type { GateSpec } from '../../../core/gate/requirements.ts'
import { iso } from '../../../core/instant.ts'
import { writeRetry } from '../../../core/retry/format.ts'
import type { Json } from '../../../core/row/json.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import type { VirtualClock } from '../../memory/clock.ts'
import type { Recorder } from '../recorder.ts'
import { asking } from './clashes.ts'
import type { PauseOf } from './gating.ts'
import { beginOrders } from './orders.ts'
import type { Plan, Saying, Wish } from './plan.ts'

/** The doors that callers go through. Each answers when it has an answer, and never when its process died. */
export type Doors = {
  /** `home` is the environment of the door that is asked, when it is another than the one that is simulated. */
  readonly ask: (tenant: string, request: Request, home?: string) => Promise<Response>
  /** What has no route of its own: leaving a task out. */
  readonly tell: (tenant: string, id: string, commandAt: (at: number) => TaskCommand) => Promise<void>
}

/** How long a caller waits for an answer, and how often it asks when none came or the answer was to try again. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 1_000
const TRIES = 12

/** Done, not possible in this state, or the outside has failed. */
const SAID = [200, 409, 503]

/** Lets the callers of a plan come to the doors, each at its time. */
export const callersOf = (plan: Plan, clock: VirtualClock, doors: Doors, recorder: Recorder): void => {
  const ids = new Map<string, string>()

  const create = (wish: Wish, tries = TRIES): void => {
    let waits = true
    const again = () => {
      if (waits && tries > 1) clock.at(clock.now() + PAUSE_MS, () => create(wish, tries - 1))
      waits = false
    }
    clock.at(clock.now() + PATIENCE_MS, again)
    recorder.asked({ mark: wish.mark, tenant: wish.tenant, input: inputOf(wish), ...defined({ only: wish.only }) })
    void doors.ask(wish.tenant, creation(wish), wish.home).then(({ status, body = '' }) => {
      if (status === 503) return again()
      waits = false
      if (status !== 200 && status !== 201) return recorder.surprise(`the API answered a creation with ${status}: ${body}`)
      const { id } = JSON.parse(body) as { readonly id: string }
      ids.set(wish.mark, id)
      recorder.answered(wish.mark, id)
    })
  }

  const say = ({ mark, verb, notBefore }: Saying): void => {
    const wish = plan.wishes.find((each) => each.mark === mark)
    const id = ids.get(mark)
    if (!wish || !id) return
    if (verb === 'skip') return void doors.tell(wish.tenant, id, (at) => ({ name: 'skip', at, by: 'system:sim', retentionMs: 1 }))
    const body = verb === 'reschedule' || verb === 'ready' ? { body: JSON.stringify({ notBefore: iso(notBefore) }) } : {}
    const request = { method: 'POST', path: `/v1/tasks/${id}/${verb}`, query: {}, headers: {}, ...body }
    void doors.ask(wish.tenant, request).then(({ status, body: answer }) => {
      // A time beyond the task's deadline is rightly refused.
      const isForeseen = SAID.includes(status) || (status === 400 && wish.expiresAfterMs !== undefined)
      if (!isForeseen) recorder.surprise(`the API answered ${verb} with ${status}: ${answer}`)
    })
  }

  /** Says something of a scope until it has been heard: who has paused must be able to resume, or nothing comes to rest. */
  const order = ({ tenant, scope }: PauseOf, verb: 'pause' | 'resume', heard: () => void): void => {
    let waits = true
    const again = () => {
      if (waits) clock.at(clock.now() + PAUSE_MS, () => order({ tenant, scope, from: 0, to: 0 }, verb, heard))
      waits = false
    }
    clock.at(clock.now() + PATIENCE_MS, again)
    const request = { method: 'POST', path: `/v1/controls/${scope}/${verb}`, query: {}, headers: {} }
    const body = JSON.stringify({ reason: 'to see what happens' })
    void doors.ask(tenant, { ...request, body }).then(({ status, body: answer }) => {
      if (status === 503) return again()
      if (status !== 200) recorder.surprise(`the API answered ${verb} of ${scope} with ${status}: ${answer}`)
      if (waits) heard()
      waits = false
    })
  }

  beginOrders(plan.orders, clock, doors, recorder)
  for (const pause of plan.pauses) {
    const resume = () => clock.at(Math.max(clock.now(), pause.to), () => order(pause, 'resume', () => {}))
    clock.at(pause.from, () => order(pause, 'pause', resume))
  }
  for (const wish of plan.wishes) for (let time = 0; time < wish.times; time++) clock.at(wish.at + time, () => create(wish))
  for (const saying of plan.sayings) clock.at(saying.at, () => say(saying))
}

const inputOf = ({ script, text, only }: Wish): Json => ({
  script,
  ...(text ? { text } : {}),
  ...(only ? { subject: only.subject } : {}),
})

const gateOf = ({ rate, ...gate }: GateSpec) =>
  rate ? { ...gate, rate: { count: rate.count, per: formatDuration(rate.periodMs) } } : gate

const creation = (wish: Wish): Request => ({
  method: 'POST',
  path: '/v1/tasks',
  query: {},
  // Whoever asks again without a key gets a second task; these callers want one.
  headers: { 'content-type': 'application/json', 'idempotency-key': wish.mark },
  body: JSON.stringify({
    type: wish.type,
    input: inputOf(wish),
    ready: wish.ready,
    ...(wish.only ? asking(wish.only, iso(wish.notBefore)) : { notBefore: iso(wish.notBefore) }),
    tags: [wish.mark],
    ...(wish.expiresAfterMs === undefined ? {} : { expiresAfter: formatDuration(wish.expiresAfterMs) }),
    ...(wish.timeoutMs === undefined ? {} : { timeout: formatDuration(wish.timeoutMs) }),
    ...(wish.gate ? { gate: gateOf(wish.gate) } : {}),
    ...defined({ priority: wish.priority }),
    ...(wish.retry ? { retry: writeRetry(wish.retry) } : {}),
  }),
})
