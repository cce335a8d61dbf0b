import type { Row } from '../core/kinds.ts'
import type { App } from './app.ts'
import { deadLetterOfChange } from './dead-letters.ts'
import { engineKindOf } from './kinds.ts'
import type { Change, DeadLetter } from './message.ts'
import type { Needs } from './needs.ts'
import { wakeRow } from './relay.ts'

/**
 * Wakes each open row after a restart of the only process. Messages and timers are lost by the restart; they are derived
 * from the rows again. A row that cannot be woken becomes a dead letter and does not stop the others.
 *
 * @param rows all open rows of the store
 */
export const recover = async (
  world: Needs<'sweep'>,
  app: Pick<App, 'types'>,
  rows: Iterable<Row>,
  addDeadLetter: (deadLetter: DeadLetter) => void,
): Promise<void> => {
  let openCount = 0
  const unknown = new Set<string>()
  for (const row of rows) {
    try {
      await (engineKindOf(row.kind)?.restart ?? wakeRow)(world, row)
    } catch (error) {
      relayFailed(world, { after: row }, 1, error, addDeadLetter)
    }
    if (row.kind !== 'task') continue
    openCount++
    if (!app.types.has(row.type)) unknown.add(row.type)
  }
  if (openCount > 0) world.log.info('local.resumed', { openCount })
  // The usual cause is another CARILLON_HANDLERS with the same folder. It is logged now, because a task can be due in weeks.
  if (unknown.size > 0)
    world.log.warn('local.unknownTypes', {
      types: [...unknown].join(', '),
      detail: 'open tasks have these types, but the types are not registered; their attempts will fail as UnknownType',
    })
}

/** Handles a change that cannot be relayed: its row becomes a dead letter, so that its task ends as failed. */
export const relayFailed = (
  world: Pick<Needs<'sweep'>, 'log'>,
  change: Change,
  tries: number,
  error: unknown,
  addDeadLetter: (deadLetter: DeadLetter) => void,
): void => {
  const row = change.after ?? change.before
  world.log.error('relay.dead', { tenant: row?.tenant, id: row?.id, version: row?.version, tries, error })
  const deadLetter = deadLetterOfChange(change, tries, error)
  if (deadLetter) addDeadLetter(deadLetter)
}
