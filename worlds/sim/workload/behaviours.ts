import { type Context, conflict, giveUp, nonRetriable, retriable, retryLater, snooze, wait } from '../../../core/define.ts'
import { fraction } from '../../../core/hash.ts'
import type { Progress } from '../../../core/task/progress.ts'
import type { Process } from '../process.ts'
import { UNCLASSIFIED_ERROR } from './retries.ts'

/** Everything that a handler may do in an attempt. */
export const BEHAVIOURS = [
  'succeed',
  'succeed with a document',
  'throw',
  'throw unclassified',
  'throw without a message',
  'throw non-retriable',
  'succeed unless aborted',
  'run until aborted',
  'ignore the signal',
  'heartbeat',
  'snooze',
  'retry later',
  'give up',
  'conflict',
  'wait',
  'wait without a timeout',
  'return nonsense',
] as const

/** Behaviours that stop on their signal. */
export const STOPPABLE: ReadonlySet<string> = new Set(['succeed unless aborted', 'run until aborted', 'heartbeat'])

/** What a handler does in one attempt. `ms` is its duration, or the delay that it returns. */
export type Behaviour = { readonly do: (typeof BEHAVIOURS)[number]; readonly ms: number }

/** The returned value of a handler, and its name in the history. */
export type Answer = { readonly outcome: string; readonly value: unknown }

/** Time between two heartbeats. */
const HEARTBEAT_MS = 8_000
/** Longer than any attempt may take. */
const ENDLESS_MS = 3_600_000
/** More than fits on a row, so the output becomes a document. */
const LONG_TEXT_COUNT = 600

/** The outcome of a run in which a heartbeat threw, which progress must never do. */
export const PROGRESS_FAILED = 'progress failed'

/** Answers that JSON would change or lose. */
const ODD_ANSWERS: readonly (() => unknown)[] = [
  () => () => 1,
  () => 1n,
  () => Number.NaN,
  () => Symbol('odd'),
  () => new Map([['a', 1]]),
  () => {
    const circular: { self?: object } = {}
    circular.self = circular
    return circular
  },
  () => ({ when: new Date(Number.NaN) }),
]

/** Progress as careless handlers report it. */
const ODD_PROGRESS: readonly unknown[] = [
  'half',
  null,
  { percent: Number.NaN },
  { percent: 140, text: 'x'.repeat(10_000) },
  { text: Symbol('odd'), counters: { big: 1n, none: undefined } },
]

/** One of the things, always the same for an attempt. */
const oneOf = <Thing>(things: readonly Thing[], { task, attempt }: Context<unknown>): Thing =>
  things[Math.floor(fraction(`${task.id}/${attempt}`) * things.length)] as Thing

/** Runs one attempt. Throws where the behaviour says so. */
export const perform = async (process: Process, behaviour: Behaviour, context: Context<unknown>): Promise<Answer> => {
  const { attempt, signal } = context
  const done = { outcome: 'value', value: { attempt } }
  switch (behaviour.do) {
    case 'succeed':
      await process.sleep(behaviour.ms)
      return done
    case 'succeed with a document':
      await process.sleep(behaviour.ms)
      return { outcome: 'value', value: { attempt, text: 'x'.repeat(LONG_TEXT_COUNT) } }
    case 'throw':
      await process.sleep(behaviour.ms)
      throw retriable('Busy', 'the service is busy')
    case 'throw unclassified':
      await process.sleep(behaviour.ms)
      throw Object.assign(new Error('an error without a class'), UNCLASSIFIED_ERROR)
    case 'throw without a message':
      throw new Error('')
    case 'throw non-retriable':
      throw nonRetriable('Broken', 'a repeat cannot succeed')
    case 'succeed unless aborted':
      await process.sleep(behaviour.ms, signal)
      if (signal.aborted) throw retriable('Stopped', 'the signal was aborted')
      return done
    case 'run until aborted':
      await process.sleep(ENDLESS_MS, signal)
      throw signal.reason
    case 'ignore the signal':
      await process.sleep(behaviour.ms)
      return done
    case 'heartbeat':
      return sendHeartbeats(process, behaviour.ms, context)
    case 'snooze':
      return { outcome: 'snooze', value: snooze(behaviour.ms, 'not yet') }
    case 'retry later':
      return { outcome: 'retryLater', value: retryLater('the service asks for a delay', behaviour.ms) }
    case 'give up':
      return { outcome: 'giveUp', value: giveUp('the input cannot be handled') }
    case 'conflict':
      return { outcome: 'conflict', value: conflict('another change is in conflict') }
    case 'wait':
      return { outcome: 'wait', value: wait(behaviour.ms, 'for a signal') }
    case 'wait without a timeout':
      return { outcome: 'wait', value: wait() }
    case 'return nonsense':
      return { outcome: 'nonsense', value: oneOf(ODD_ANSWERS, context)() }
  }
}

const sendHeartbeats = async (process: Process, ms: number, context: Context<unknown>): Promise<Answer> => {
  const { attempt, signal, heartbeat } = context
  for (let passed = 0; passed < ms; passed += HEARTBEAT_MS) {
    await process.sleep(Math.min(HEARTBEAT_MS, ms - passed), signal)
    await heartbeat({ percent: Math.round((100 * passed) / ms), counters: { attempt } })
    try {
      await heartbeat(oneOf(ODD_PROGRESS, context) as Progress)
    } catch {
      return { outcome: PROGRESS_FAILED, value: { attempt } }
    }
    if (signal.aborted) throw retriable('Stopped', 'the signal was aborted')
  }
  return { outcome: 'value', value: { attempt } }
}
