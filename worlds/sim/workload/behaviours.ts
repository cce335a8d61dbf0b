import { type Context, conflict, giveUp, nonRetriable, retriable, retryLater, snooze, wait } from '../../../core/define.ts'
import type { Process } from '../process.ts'
import { UNCLASSIFIED_ERROR } from './retries.ts'

/** Everything that a handler may do in an attempt. `ms` is how long it takes, or how long it asks for. */
export const BEHAVIOURS = [
  'succeed',
  'succeed at length',
  'throw',
  'throw by name',
  'throw without a word',
  'throw for good',
  'hang until told to stop',
  'run until told to stop',
  'ignore the signal',
  'beat',
  'snooze',
  'retry later',
  'give up',
  'conflict',
  'wait',
  'wait for ever',
  'answer nonsense',
] as const

/** Those that stop when they are told to. */
export const STOPPABLE: ReadonlySet<string> = new Set(['hang until told to stop', 'run until told to stop', 'beat'])

/** What a handler does in one attempt. */
export type Behaviour = { readonly do: (typeof BEHAVIOURS)[number]; readonly ms: number }

/** What a handler's run came to, for the history: what it answered, and how that is called. */
export type Answer = { readonly outcome: string; readonly value: unknown }

/** How often a handler that beats does so. */
const BEAT_MS = 8_000
/** Longer than any attempt may take. */
const ENDLESS_MS = 3_600_000
/** More than what rides on a row, so that the output becomes a document. */
const LONG_TEXT_COUNT = 600

/** Does one attempt's deed. Throws where the deed is to throw. */
export const perform = async (process: Process, deed: Behaviour, context: Context<unknown>): Promise<Answer> => {
  const { attempt, signal } = context
  const done = { outcome: 'value', value: { attempt } }
  switch (deed.do) {
    case 'succeed':
      await process.sleep(deed.ms)
      return done
    case 'succeed at length':
      await process.sleep(deed.ms)
      return { outcome: 'value', value: { attempt, text: 'x'.repeat(LONG_TEXT_COUNT) } }
    case 'throw':
      await process.sleep(deed.ms)
      throw retriable('Busy', 'somebody else is at it')
    case 'throw by name':
      await process.sleep(deed.ms)
      throw Object.assign(new Error('something came in between'), UNCLASSIFIED_ERROR)
    case 'throw without a word':
      throw new Error('')
    case 'throw for good':
      throw nonRetriable('Broken', 'no repeat can mend this')
    case 'hang until told to stop':
      await process.sleep(deed.ms, signal)
      if (signal.aborted) throw retriable('Stopped', 'told to stop')
      return done
    case 'run until told to stop':
      await process.sleep(ENDLESS_MS, signal)
      throw signal.reason
    case 'ignore the signal':
      await process.sleep(deed.ms)
      return done
    case 'beat':
      return beat(process, deed.ms, context)
    case 'snooze':
      return { outcome: 'snooze', value: snooze(deed.ms, 'not yet') }
    case 'retry later':
      return { outcome: 'retryLater', value: retryLater('later, please', deed.ms) }
    case 'give up':
      return { outcome: 'giveUp', value: giveUp('it cannot be done') }
    case 'conflict':
      return { outcome: 'conflict', value: conflict('something is in the way') }
    case 'wait':
      return { outcome: 'wait', value: wait(deed.ms, 'for a signal') }
    case 'wait for ever':
      return { outcome: 'wait', value: wait() }
    case 'answer nonsense':
      return { outcome: 'nonsense', value: () => attempt }
  }
}

const beat = async (process: Process, ms: number, { attempt, signal, heartbeat }: Context<unknown>): Promise<Answer> => {
  for (let passed = 0; passed < ms; passed += BEAT_MS) {
    await process.sleep(Math.min(BEAT_MS, ms - passed), signal)
    await heartbeat({ percent: Math.round((100 * passed) / ms), counters: { attempt } })
    if (signal.aborted) throw retriable('Stopped', 'told to stop')
  }
  return { outcome: 'value', value: { attempt } }
}
