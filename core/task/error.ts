import type { TaskError } from './row.ts'

/** An error as wires show it: one that was thrown without a word is kept so, and said to be so. */
export const shownError = ({ code, message, retriable }: TaskError): Omit<TaskError, 'provenance'> => ({
  code,
  message: message === '' ? '(no message)' : message,
  retriable,
})

/** An error in words, for a reason. @example wordsOf({ code: 'Busy', message: 'try later', retriable: true }) // "Busy: try later" */
export const wordsOf = (error: TaskError): string => `${error.code}: ${shownError(error).message}`
