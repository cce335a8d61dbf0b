import type { Checker } from './checker.ts'

/** The API accepts each valid request, and answers none with an internal error. */
export const answersAsExpected: Checker = ({ unexpected }) => unexpected.map(({ at, message }) => ({ task: 'none', at, message }))
