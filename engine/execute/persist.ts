import { fraction } from '../../core/hash.ts'
import { type Instant, iso } from '../../core/instant.ts'
import { deadlineMarginMs } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import type { Needs } from '../needs.ts'

/** What is stored, for the log, and until when it is tried. */
export type Persistence = {
  /** No further try begins after this time. */
  readonly until: Instant
  /** A call that has not been answered by this time is abandoned. @default `until` */
  readonly abandonAt?: Instant
  readonly task: Pick<TaskRow, 'tenant' | 'id'>
  /** @example 'the result' */
  readonly what: string
}

/**
 * Repeats a call of the store after each fault, with a growing wait, until a time. A throttled partition refuses calls for
 * longer than the client of a world tries, and a fault must not discard the work of a live worker. The call must be one that
 * can safely be repeated.
 *
 * @throws the last fault; and an Error when a call has not been answered by `abandonAt`. The first call is made in any case
 */
export const persist = async <Answer>(
  world: Pick<Needs<'execute'>, 'clock' | 'log'>,
  { until, abandonAt = until, task: { tenant, id }, what }: Persistence,
  act: () => Promise<Answer>,
): Promise<Answer> => {
  const answered = new AbortController()
  const late = lateness(world, abandonAt, answered.signal, what)
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await Promise.race([act(), late])
      } catch (error) {
        // The last try begins shortly before `until`, however long its wait should be.
        const leftMs = Math.ceil(until - LIMITS.lastTryMs - world.clock.now())
        if (leftMs <= 0) throw error
        const waitMs = Math.min(leftMs, backoffMs(tries, `${id}/${what}`))
        world.log.warn('store.retried', { tenant, taskId: id, what, tries, waitMs, error })
        await world.clock.sleep(waitMs)
      }
    }
  } finally {
    answered.abort(ANSWERED)
  }
}

/** A fixed reason, because without one `abort()` creates an exception with a stack for each call. */
const ANSWERED = 'the call was answered'

/** Rejects at `abandonAt`, unless the call was answered: a call that hangs must not use up the time of a function. */
const lateness = async (
  { clock }: Pick<Needs<'execute'>, 'clock'>,
  abandonAt: Instant,
  answered: AbortSignal,
  what: string,
): Promise<never> => {
  await clock.sleep(Math.max(0, Math.ceil(abandonAt - clock.now())), answered)
  if (answered.aborted || clock.now() < abandonAt) return new Promise(() => {})
  throw new Error(`the store did not answer for ${what} by ${iso(abandonAt)}`)
}

/** Half of each wait is random, so that workers that were throttled together do not come back together. */
const backoffMs = (tries: number, seed: string): number =>
  Math.round(Math.min(LIMITS.persistMostMs, LIMITS.persistLeastMs * 2 ** (tries - 1)) * (0.5 + fraction(`${seed}/${tries}`) / 2))

/** Until when a worker tries to store the result of its attempt: shortly before its function or its lease ends. */
export const storeUntil = (app: App, row: TaskRow, deadlineAt: Instant): Instant =>
  Math.min(deadlineAt - marginMs(app, row) / 2, row.lease?.until ?? deadlineAt)

type BeforeAttempt = Required<Pick<Persistence, 'until' | 'abandonAt'>>

/**
 * The bounds of a call before an attempt. It is tried again while the function has time for the whole timeout of the task. A call
 * in flight may take longer: a function of a short lane has no more time than that from its beginning.
 */
export const beforeAttempt = (
  app: App,
  row: Pick<TaskRow, 'lane' | 'timeoutMs'>,
  deadlineAt: Instant,
  latest = deadlineAt,
): BeforeAttempt => {
  const attemptUntil = deadlineAt - marginMs(app, row)
  return { until: Math.min(latest, attemptUntil - row.timeoutMs), abandonAt: Math.min(latest, attemptUntil) }
}

/** How long before the end of its function an attempt on this lane ends: see `deadlineMarginMs`. */
export const marginMs = (app: App, { lane: name }: Pick<TaskRow, 'lane'>): number => {
  const lane = app.lanes[name]
  return lane ? deadlineMarginMs(lane) : LIMITS.deadlineMarginMs
}
