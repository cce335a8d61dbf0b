import type { DatabaseSync } from 'node:sqlite'
import { LIMITS } from '../../core/limits.ts'
import type { Store } from '../../engine/world.ts'
import type { Commits } from './commits.ts'

/** Texts beside the tasks. */
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
