import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { Needs } from '../needs.ts'
import type { Entry, EntryQuery, ListKey } from '../world.ts'
import { readEntryCursor, writeEntryCursor } from './cursor.ts'

type Asked = Pick<EntryQuery, 'order'> & { readonly limit?: number | undefined; readonly cursor?: string | undefined }

/** A page of a list beside a row, and the cursor of the next one, if there is one. */
export type Page = { readonly entries: readonly Entry[]; readonly next: { readonly nextCursor?: string } }

/** Reads a page of a list beside a row. */
export const readPage = async (
  store: Pick<Needs<'api'>['store'], 'entries'>,
  list: ListKey,
  { limit = LIMITS.listDefaultCount, cursor, order = 'earliest' }: Asked,
): Promise<Page | Refusal> => {
  const name = [list.list, list.tenant, list.id]
  const start = cursor === undefined ? undefined : readEntryCursor(cursor, name)
  if (isRefusal(start)) return start
  const found = await store.entries(list, { order, limit: limit + 1, ...(start ? { after: start.place } : {}) })
  const entries = found.slice(0, limit)
  const last = entries.at(-1)
  return { entries, next: last && found.length > limit ? { nextCursor: writeEntryCursor(last.at, name) } : {} }
}
