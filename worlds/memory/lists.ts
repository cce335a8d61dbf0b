import type { DatabaseSync } from 'node:sqlite'
import { LIMITS } from '../../core/limits.ts'
import type { Json } from '../../core/row/json.ts'
import type { Store } from '../../engine/world.ts'
import type { Commits } from './commits.ts'
import { LIMIT } from './database.ts'

/** Documents: texts that are too large for a task's row. */
export const documentsOf = (
  database: DatabaseSync,
  commits: Commits,
): Pick<Store, 'putDocument' | 'getDocument' | 'dropDocument'> => {
  const put = database.prepare(
    `insert into documents (tenant, task, name, body, forgetAt) values (?, ?, ?, ?, ?)
     on conflict do update set body = excluded.body, forgetAt = excluded.forgetAt`,
  )
  const get = database.prepare('select body from documents where tenant = ? and task = ? and name = ?')
  const drop = database.prepare('delete from documents where tenant = ? and task = ? and name = ?')
  return {
    putDocument: async (tenant, taskId, name, text, forgetAt) => {
      const bytes = Buffer.byteLength(text)
      if (bytes > LIMITS.rowBytes)
        throw new RangeError(`document ${name} of task ${taskId} has ${bytes} bytes; at most ${LIMITS.rowBytes} can be stored`)
      await commits.write(() => void put.run(tenant, taskId, name, text, forgetAt ?? null))
    },
    getDocument: async (tenant, taskId, name) => {
      const found = get.get(tenant, taskId, name) as { body: string } | undefined
      await commits.settled()
      return found?.body
    },
    dropDocument: (tenant, taskId, name) => commits.write(() => void drop.run(tenant, taskId, name)),
  }
}

/** Ordered lists of entries. Places are compared byte by byte, as in DynamoDB. */
export const entriesOf = (database: DatabaseSync, commits: Commits): Pick<Store, 'putEntry' | 'dropEntry' | 'entries'> => {
  const put = database.prepare(
    `insert into entries (list, tenant, id, place, value, forgetAt) values (?, ?, ?, ?, ?, ?)
     on conflict do update set value = excluded.value, forgetAt = excluded.forgetAt`,
  )
  const drop = database.prepare('delete from entries where list = ? and tenant = ? and id = ? and place = ?')
  const page = (beyond: string) =>
    database.prepare(`select place, value from entries where list = ? and tenant = ? and id = ? and place ${beyond} ${LIMIT}`)
  const earliest = page('> ? order by place')
  const latest = page('< ? order by place desc')

  return {
    putEntry: async ({ list, tenant, id }, { at, value }, forgetAt) => {
      refusePlace(at)
      const text = JSON.stringify(value)
      const bytes = Buffer.byteLength(text)
      if (bytes > LIMITS.rowBytes)
        throw new RangeError(
          `entry ${at} of ${list}/${tenant}/${id} has ${bytes} bytes; at most ${LIMITS.rowBytes} can be stored`,
        )
      await commits.write(() => void put.run(list, tenant, id, at, text, forgetAt ?? null))
    },
    dropEntry: async ({ list, tenant, id }, at) => {
      refusePlace(at)
      await commits.write(() => void drop.run(list, tenant, id, at))
    },
    entries: async ({ list, tenant, id }, { after, order = 'earliest', limit }) => {
      const found = (
        order === 'earliest'
          ? earliest.all(list, tenant, id, after ?? '', Math.max(0, limit))
          : latest.all(list, tenant, id, after || LAST, Math.max(0, limit))
      ) as { place: string; value: string }[]
      await commits.settled()
      return found.map(({ place, value }) => ({ at: place, value: JSON.parse(value) as Json }))
    },
  }
}

/** A text that sorts after every place. */
const LAST = '\u{10FFFF}'

/** The bounds of DynamoDB's sort keys. */
const refusePlace = (at: string): void => {
  const bytes = Buffer.byteLength(at)
  if (bytes < 1 || bytes > LIMITS.entryPlaceBytes)
    throw new RangeError(`the place of an entry has ${bytes} bytes; it must have 1 to ${LIMITS.entryPlaceBytes}`)
}
