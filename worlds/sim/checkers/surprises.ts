import type { Checker } from './checker.ts'

/** Nothing unforeseen: a valid request is never refused, and no step ends in a defect. */
export const meetsNoSurprise: Checker = ({ unexpected }) => unexpected.map(({ at, message }) => ({ task: 'none', at, message }))
