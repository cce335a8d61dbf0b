import { z } from 'zod'
import { type Context, defineTask, type TaskType } from '../../../core/define.ts'
import { fraction } from '../../../core/hash.ts'
import type { Json } from '../../../core/row/json.ts'
import type { Process } from '../process.ts'
import type { Recorder } from '../recorder.ts'
import { BEHAVIOURS, type Behaviour, perform } from './behaviours.ts'

const scripted = z.object({
  script: z.array(z.object({ do: z.enum(BEHAVIOURS), ms: z.number() })).min(1),
  text: z.string().optional(),
  subject: z.string().optional(),
})
const failure = z.looseObject({ taskId: z.string(), type: z.string() })
const report = z.strictObject({ to: z.string(), text: z.string().optional(), failure })

/** `typesIn` replaces this by a handler that runs in a process. */
const unbound = () => {
  throw new Error('this task type has no process; use typesIn')
}

/** The task types of every run: three lanes, three levels of events, and two types for failure tasks. */
export const TYPES: readonly TaskType[] = [
  defineTask('quiet', { input: scripted, run: unbound }),
  defineTask('watched', { input: scripted, lane: 'high', timeout: '20s', events: 'all', onFailure: 'mend', run: unbound }),
  defineTask('noted', {
    input: scripted,
    lane: 'long',
    timeout: '5m',
    events: 'terminal',
    onFailure: { type: 'report', input: { to: 'noted' } },
    limit: { concurrency: 2, across: 'all' },
    run: unbound,
  }),
  defineTask('mend', { input: failure, events: 'all', run: unbound }),
  defineTask('report', { input: report, failureField: 'failure', run: unbound }),
]

/** A type that the API accepts and no executor has, as after a deployment that was rolled back. */
export const UNREGISTERED_TYPE = 'stranger'

/** The environment of the deployment, and the one from which some tasks were copied. */
export const ENVIRONMENT = 'simulation'
export const OTHER_ENVIRONMENT = 'elsewhere'

/** The task types as one process runs them. Each run of a handler is recorded. */
export const typesIn = (process: Process, recorder: Recorder): ReadonlyMap<string, TaskType> =>
  new Map(TYPES.map((type) => [type.name, { ...type, run: (context) => runIn(process, recorder, context) }]))

const runIn = async (process: Process, recorder: Recorder, context: Context<unknown>): Promise<unknown> => {
  const end = recorder.started(process.name, context.task, context.attempt, context.input as Json)
  try {
    const answer = await perform(process, behaviourOf(context), context)
    end(answer.outcome)
    return answer.value
  } catch (error) {
    end('thrown')
    throw error
  }
}

/** A script has one behaviour for each attempt. After its end the task succeeds; otherwise some tasks would snooze for ever. */
const behaviourOf = ({ input, attempt, task }: Context<unknown>): Behaviour => {
  const { script } = input as { readonly script?: readonly Behaviour[] }
  const behaviour = script && (script[attempt - 1] ?? { do: 'succeed', ms: 100 })
  if (behaviour) return behaviour
  // Some failure tasks fail in their first attempt.
  return attempt === 1 && fraction(task.id) < 0.3 ? { do: 'throw', ms: 100 } : { do: 'succeed', ms: 100 }
}
