import { keyText } from '../../../core/row/key.ts'
import { changesOf, taskKey } from '../history.ts'
import type { Checker } from './checker.ts'

/**
 * A task has no dead letters but those that the run makes by itself. A delivery that is throttled, refused or lost with its
 * worker is no death, however often it happens in an outage.
 */
export const diesOfPoisonOnly: Checker = (history) =>
  changesOf(history, 'task').flatMap(({ at, before, after }) => {
    if (!before || after.history.at(-1)?.by !== 'system:dead-letters') return []
    const isPoisoned = history.poisoned.some((one) => one.key === keyText(after) && one.at <= at)
    return isPoisoned
      ? []
      : [{ task: taskKey(after), at, message: 'a dead letter, although no message of the task was poisoned' }]
  })
