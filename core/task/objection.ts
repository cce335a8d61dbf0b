import { iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { QUARANTINE_TYPE } from './birth.ts'
import type { CallerCommand } from './command.ts'
import type { TaskRow } from './row.ts'

/** Why a caller may not say this to a task, although its state would allow it; undefined when it may. */
export const objection = (row: TaskRow, command: CallerCommand): Refusal | undefined => {
  switch (command.name) {
    case 'ready':
    case 'reschedule':
      return badTime(command.notBefore, command.at)
    case 'redrive':
      return evidence(row)
    default:
      return undefined
  }
}

/** A message that nobody could read is kept as evidence: nothing can run it, and a try would only cover up its error. */
const evidence = (row: TaskRow): Refusal | undefined => {
  if (row.type !== QUARANTINE_TYPE) return undefined
  const why = `task ${row.id} is an unreadable message, kept as evidence: nothing can run it, so it cannot be redriven`
  return refuse('notAllowed', `${why}. Its input shows the message; create what it was meant to be as a task of its own`, {
    state: row.state,
  })
}

/** A time that is too far ahead. Any other takes the task's deadline along. */
const badTime = (notBefore: number | undefined, now: number): Refusal | undefined =>
  notBefore !== undefined && notBefore - now > LIMITS.horizonMs ? tooFar(notBefore, now) : undefined

/** The no for a time beyond the horizon. */
export const tooFar = (notBefore: number, now: number): Refusal =>
  refuse('invalid', `/notBefore: ${iso(notBefore)}; it must be at most ten years ahead, before ${iso(now + LIMITS.horizonMs)}`, {
    path: '/notBefore',
  })
