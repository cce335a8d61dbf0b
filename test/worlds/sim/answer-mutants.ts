import { isOutcome } from '../../../core/handler.ts'
import { jsonAnswer } from '../../../core/json-answer.ts'
import { fitProgress } from '../../../core/task/progress.ts'
import { handling, type Mutant } from './mutant.ts'

/** Rules about what handlers answer and report, each broken by one mutant. */
export const answerMutants: readonly Mutant[] = [
  {
    name: 'an executor that takes every answer for a success',
    law: 'payloads',
    engine: handling(async (run, context) => {
      const answer = await run(context)
      return isOutcome(answer) || 'json' in jsonAnswer(answer) ? answer : 'done'
    }),
  },
  {
    name: 'a heartbeat that refuses odd progress',
    law: 'progress',
    engine: handling((run, context) => {
      const heartbeat: typeof context.heartbeat = async (progress) => {
        if (progress && fitProgress(progress).changes.length > 0) throw new TypeError('odd progress')
        await context.heartbeat(progress)
      }
      return run({ ...context, heartbeat })
    }),
  },
]
