import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../core/instant.ts'
import type { Key } from '../../core/row/key.ts'
import type { Commits } from './commits.ts'

/** Rows and documents that one transaction forgets: few enough that nobody waits long behind it. */
const PAGE_COUNT = 200

/**
 * Deletes what is past its `forgetAt`, and tells the feed of the rows that went. DynamoDB does this by itself, minutes to
 * days late; here somebody has to call. Answers how many rows went.
 */
export const forgetOf = (
  database: DatabaseSync,
  commits: Commits,
  append: (before: string, after: null) => void,
  told: () => void,
) => {
  const rows = database.prepare('select kind, tenant, id, body from rows where forgetAt <= ? order by forgetAt limit ?')
  const dropRow = database.prepare('delete from rows where kind = ? and tenant = ? and id = ?')
  const dropDocuments = database.prepare('delete from documents where forgetAt <= ?')
  const dropEntries = database.prepare('delete from entries where forgetAt <= ?')

  const forgetPage = (now: Instant): number => {
    const page = rows.all(now, PAGE_COUNT) as unknown as (Key & { readonly body: string })[]
    for (const { kind, tenant, id, body } of page) {
      dropRow.run(kind, tenant, id)
      append(body, null)
    }
    return page.length
  }

  return async (now: Instant): Promise<number> => {
    let forgotten = 0
    for (let page = PAGE_COUNT; page === PAGE_COUNT; forgotten += page) {
      page = await commits.write(() => forgetPage(now))
      if (page > 0) told()
    }
    await commits.write(() => {
      dropDocuments.run(now)
      dropEntries.run(now)
    })
    return forgotten
  }
}
