import type { Progress } from '../../core/define.ts'
import { LIMITS } from '../../core/limits.ts'
import { type Notes, notesName } from '../../core/task/progress.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import type { Needs } from '../needs.ts'
import type { Store } from '../world.ts'
import { aboutAttempt } from './context.ts'

/** Where an attempt takes notes: see `Notes`. */
export type Notebook = {
  /** Takes down how far the work has come; it is written at once, unless something was a moment ago. */
  readonly tell: (progress: Progress) => Promise<void>
  /** Writes what is still unwritten, if it is time. */
  readonly keep: () => Promise<void>
  /** Writes what is still unwritten, and the stack of what the handler threw. */
  readonly close: (stack?: string) => Promise<void>
}

/** Opens the notebook of a claim. Nothing is written, nor paid for, by an attempt that has nothing to tell. */
export const notebookOf = (world: Needs<'execute'>, app: App, row: TaskRow): Notebook => {
  let notes: Notes = {}
  let isWritten = true
  let writtenAt = Number.NEGATIVE_INFINITY
  let writing: Promise<void> | undefined

  /** Notes are worth less than the attempt: when they cannot be written, it goes on. */
  const write = async (): Promise<void> => {
    isWritten = true
    const at = world.clock.now()
    writtenAt = at
    try {
      await storeNotes(world, row, row.lease?.owner ?? '', notes, at + app.retentionMs)
    } catch (error) {
      isWritten = false
      world.log.warn('attempt.notesFailed', { ...aboutAttempt(row), error })
    }
  }

  const keep = async (): Promise<void> => {
    // One at a time, or an older state could overtake a newer one.
    if (isWritten || writing || world.clock.now() - writtenAt < LIMITS.progressEveryMs) return
    writing = write()
    await writing
    writing = undefined
  }

  return {
    tell: async (progress) => {
      notes = { ...notes, progress: { ...progress, at: world.clock.now() } }
      isWritten = false
      await keep()
    },
    keep,
    close: async (stack) => {
      if (isWritten && !stack) return
      await writing
      if (stack) notes = { ...notes, stack }
      await write()
    },
  }
}

type Noted = Pick<TaskRow, 'tenant' | 'id'>

/** Puts down what the holder of a claim has to tell; what it told before is replaced. */
export const storeNotes = (
  world: { readonly store: Pick<Store, 'putDocument'> },
  { tenant, id }: Noted,
  owner: string,
  notes: Notes,
  forgetAt: number,
): Promise<void> => world.store.putDocument(tenant, id, notesName(owner), JSON.stringify(notes), forgetAt)

/** What the holder of a claim has told; nothing, of most. */
export const loadNotes = async (
  world: { readonly store: Pick<Store, 'getDocument'> },
  { tenant, id }: Noted,
  owner: string,
): Promise<Notes> => {
  const text = await world.store.getDocument(tenant, id, notesName(owner))
  return text === undefined ? {} : (JSON.parse(text) as Notes)
}
