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

/** What makes two lists the same list: a cursor of one does not fit the other. */
const digest = (list: readonly unknown[]): number => hash32(JSON.stringify(list))

/**
 * Where a page ended, as an opaque text. It holds a place and not a count, so it survives whatever is written meanwhile.
 *
 * @param list whose list it is and by which filters
 */
export const writeCursor = ({ at, id }: Place, list: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([1, at, id, digest(list)])).toString('base64url')

/** Reads a cursor of the same list; any other text is refused. */
export const readCursor = (text: string, list: readonly unknown[]): Place | Refusal => {
  const [, at, id, of] = parse(schema, text) ?? []
  if (at === undefined || id === undefined) return noCursor(text)
  return of === digest(list) ? { at, id } : otherList()
}

/** The same for a list beside a row, whose places are texts. */
export const writeEntryCursor = (place: string, list: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([2, place, digest(list)])).toString('base64url')

/** Reads what `writeEntryCursor` wrote for the same list. */
export const readEntryCursor = (text: string, list: readonly unknown[]): { readonly place: string } | Refusal => {
  const [, place, of] = parse(entrySchema, text) ?? []
  if (place === undefined) return noCursor(text)
  return of === digest(list) ? { place } : otherList()
}

const PATH = '/query/cursor'

const noCursor = (text: string): Refusal =>
  refuse('invalid', `${PATH}: ${show(text)}; it must be the nextCursor of an earlier page, as it came`, { path: PATH })

const otherList = (): Refusal =>
  refuse('invalid', `${PATH}: this cursor is of another list; keep the filters of the page that it came with`, { path: PATH })

const parse = <Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> | undefined => {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}

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
