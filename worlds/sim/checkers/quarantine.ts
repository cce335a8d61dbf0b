import { createHash } from 'node:crypto'
import { QUARANTINE_TYPE } from '../../../core/task/row.ts'
import { changesOf, payloadOf } from '../history.ts'
import type { Checker } from './checker.ts'

/** Each unreadable message is kept in a quarantined task, with its body or the digest of the body. */
export const quarantinesUnreadable: Checker = (history) => {
  const quarantined = changesOf(history, 'task')
    .filter(({ before, after }) => !before && after.type === QUARANTINE_TYPE)
    .map(({ after }) => payloadOf(history, after, after.input) as { readonly bodySha256?: string } | undefined)
  return history.unreadable.flatMap(({ at, body }) => {
    const digest = createHash('sha256').update(body).digest('hex')
    if (quarantined.some((evidence) => evidence?.bodySha256 === digest)) return []
    return [{ task: 'none', at, message: `no quarantined task has the unreadable message ${body.slice(0, 40)}…` }]
  })
}
