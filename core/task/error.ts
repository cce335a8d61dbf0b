import type { HistoryEntry, TaskError } from './row.ts'

const shownMessage = (message: string | undefined): string => message || '(no message)'

/** An error as the API shows it. An empty message is stored empty and shown as "(no message)". */
export const shownError = ({ code, message, retriable }: TaskError): Omit<TaskError, 'provenance'> => ({
  code,
  message: shownMessage(message),
  retriable,
})

/** The error of a history entry; undefined when its command had no error. */
export const errorIn = ({ code, reason }: HistoryEntry): Pick<TaskError, 'code' | 'message'> | undefined =>
  code === undefined ? undefined : { code, message: shownMessage(reason) }

/** The reason of a history entry as text. @example 'no attempt may start after …; Busy: try later' */
export const reasonIn = (entry: HistoryEntry): string | undefined => {
  const error = errorIn(entry)
  if (!error) return entry.reason
  const text = `${error.code}: ${error.message}`
  return entry.final === undefined ? text : `${entry.final}; ${text}`
}

/** An error as text. @example errorText({ code: 'Busy', message: 'try later', retriable: true }) // "Busy: try later" */
export const errorText = (error: TaskError): string => `${error.code}: ${shownError(error).message}`

/**
 * The code of a `rearm` whose attempt was interrupted through no fault of the task: it counts neither as failed nor as lost. An
 * attempt that is interrupted at the end of its function has no such code. It counts as lost, because a task that is too long
 * for its function would otherwise run for ever.
 */
export const INTERRUPTED = 'Interrupted'

/** Error codes of tasks that failed because their messages were dead-lettered, not because their handlers failed. */
export const DEAD_LETTER_CODES = ['DeadLettered', 'UnknownLane', 'UnreadableMessage'] as const

/** Is this one of `DEAD_LETTER_CODES`? @example isDeadLetterCode('DeadLettered') // true */
export const isDeadLetterCode = (errorCode: string): boolean => (DEAD_LETTER_CODES as readonly string[]).includes(errorCode)
