import * as z from 'zod'
import { hash32 } from '../../core/hash.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'
import { TASK_ID } from '../../core/wire/names.ts'
import { show } from '../../core/wire/say.ts'
import type { Place } from '../world.ts'

const schema = z.tuple([z.literal(1), z.int().nonnegative(), z.string().regex(TASK_ID), z.int()])

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
  const [, at, id, of] = parse(text) ?? []
  const path = '/query/cursor'
  if (at === undefined || id === undefined) {
    return refuse('invalid', `${path}: ${show(text)}; it must be the nextCursor of an earlier page, as it came`, { path })
  }
  if (of === digest(list)) return { at, id }
  return refuse('invalid', `${path}: this cursor is of another list; keep the filters of the page that it came with`, { path })
}

const parse = (text: string) => {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}
