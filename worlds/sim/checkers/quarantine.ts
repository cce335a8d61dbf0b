import { createHash } from 'node:crypto'
import { QUARANTINE_TYPE } from '../../../core/task/row.ts'
import { changesOf, payloadOf } from '../history.ts'
import type { Checker } from './checker.ts'

/** Nothing vanishes: each message that nobody could read is kept, with its body or the digest of it. */
export const keepsTheUnreadable: Checker = (history) => {
  const kept = changesOf(history, 'task')
    .filter(({ before, after }) => !before && after.type === QUARANTINE_TYPE)
    .map(({ after }) => payloadOf(history, after, after.input) as { readonly bodySha256?: string } | undefined)
  return history.unreadable.flatMap(({ at, body }) => {
    const digest = createHash('sha256').update(body).digest('hex')
    if (kept.some((evidence) => evidence?.bodySha256 === digest)) return []
    return [{ task: 'none', at, message: `an unreadable message (${body.slice(0, 40)}…) vanished` }]
  })
}
