import * as z from 'zod'
import { hash32 } from '../../core/hash.ts'
import { LIMITS } from '../../core/limits.ts'
import { show } from '../../core/reading/messages.ts'
import { TASK_ID } from '../../core/reading/names.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Needs } from '../../engine/needs.ts'
import type { Entry, EntryQuery, ListKey, Place } from '../../engine/world.ts'

const schema = z.tuple([z.literal(1), z.int().nonnegative(), z.string().regex(TASK_ID), z.int()])
const entrySchema = z.tuple([z.literal(2), z.string().min(1).max(LIMITS.entryPlaceBytes), z.int()])

/** Identifies a list with its filters: a cursor is valid only for the same list. */
const digest = (list: readonly unknown[]): number => hash32(JSON.stringify(list))

/**
 * Writes the end of a page as an opaque text. It holds a place instead of a count, so that concurrent writes do not shift it.
 *
 * @param list the tenant and the filters of the list
 */
export const writeCursor = ({ at, id }: Place, list: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([1, at, id, digest(list)])).toString('base64url')

/** Reads a cursor of the same list and refuses any other text. */
export const readCursor = (text: string, list: readonly unknown[]): Place | Refusal => {
  const [, at, id, of] = parse(schema, text) ?? []
  if (at === undefined || id === undefined) return noCursor(text)
  return of === digest(list) ? { at, id } : otherList()
}

/** Writes the cursor of an entry list, whose places are texts. */
export const writeEntryCursor = (place: string, list: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([2, place, digest(list)])).toString('base64url')

/** Reads a cursor that `writeEntryCursor` has written for the same list. */
export const readEntryCursor = (text: string, list: readonly unknown[]): { readonly place: string } | Refusal => {
  const [, place, of] = parse(entrySchema, text) ?? []
  if (place === undefined) return noCursor(text)
  return of === digest(list) ? { place } : otherList()
}

const PATH = '/query/cursor'

const noCursor = (text: string): Refusal =>
  refuse('invalid', `${PATH}: ${show(text)}; it must be the unchanged nextCursor of the page before`, { path: PATH })

const otherList = (): Refusal =>
  refuse('invalid', `${PATH}: this cursor belongs to another list; use it with the filters of its page`, { path: PATH })

const parse = <Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> | undefined => {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}

type PageRequest = Pick<EntryQuery, 'order'> & { readonly limit?: number | undefined; readonly cursor?: string | undefined }

/** A page of an entry list, and the cursor of the next page if there is one. */
export type Page = { readonly entries: readonly Entry[]; readonly next: { readonly nextCursor?: string } }

/** Reads a page of an entry list, which is stored beside its row. */
export const readPage = async (
  store: Pick<Needs<'api'>['store'], 'entries'>,
  list: ListKey,
  { limit = LIMITS.listDefaultCount, cursor, order = 'earliest' }: PageRequest,
): Promise<Page | Refusal> => {
  const name = [list.list, list.tenant, list.id]
  const start = cursor === undefined ? undefined : readEntryCursor(cursor, name)
  if (isRefusal(start)) return start
  const found = await store.entries(list, { order, limit: limit + 1, ...(start ? { after: start.place } : {}) })
  const entries = found.slice(0, limit)
  const last = entries.at(-1)
  return { entries, next: last && found.length > limit ? { nextCursor: writeEntryCursor(last.at, name) } : {} }
}
