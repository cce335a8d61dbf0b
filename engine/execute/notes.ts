import type { Progress } from '../../core/define.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { type Notes, notesName } from '../../core/task/progress.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import type { Needs } from '../needs.ts'
import type { Store } from '../world.ts'
import { attemptFields } from './context.ts'
import { persist } from './persist.ts'

/** Writes the progress and the stack of an attempt to its document: see `Notes`. */
export type Notebook = {
  /** Sets the progress; writes it at once, unless the last write was less than `LIMITS.progressEveryMs` ago. */
  readonly reportProgress: (progress: Progress) => Promise<void>
  /** Writes unwritten progress, unless the last write was less than `LIMITS.progressEveryMs` ago. */
  readonly flush: () => Promise<void>
  /** Writes unwritten progress, and the stack of the error that the handler has thrown; repeats that after a fault until a time. */
  readonly close: (until: Instant, stack?: string) => Promise<void>
}

/** The notebook of a claim. An attempt without progress and stack writes nothing and costs nothing. */
export const notebookOf = (world: Needs<'execute'>, app: App, row: TaskRow): Notebook => {
  let notes: Notes = {}
  let isWritten = true
  let writtenAt = Number.NEGATIVE_INFINITY
  let writing: Promise<void> | undefined

  const store = (at: Instant) => storeNotes(world, row, row.lease?.owner ?? '', notes, at + app.retentionMs)

  /** A failed write is only logged: it must not fail the attempt. */
  const write = async (act = store): Promise<void> => {
    isWritten = true
    const at = world.clock.now()
    writtenAt = at
    try {
      await act(at)
    } catch (error) {
      isWritten = false
      world.log.warn('attempt.notesFailed', { ...attemptFields(row), error })
    }
  }

  const flush = async (): Promise<void> => {
    // One write at a time, otherwise an older state could overwrite a newer one.
    if (isWritten || writing || world.clock.now() - writtenAt < LIMITS.progressEveryMs) return
    writing = write()
    await writing
    writing = undefined
  }

  return {
    reportProgress: async (progress) => {
      notes = { ...notes, progress: { ...progress, at: world.clock.now() } }
      isWritten = false
      await flush()
    },
    flush,
    close: async (until, stack) => {
      if (isWritten && !stack) return
      await writing
      if (stack) notes = { ...notes, stack }
      await write((at) => persist(world, { until, task: row, what: 'the notes' }, () => store(at)))
    },
  }
}

type NotesTask = Pick<TaskRow, 'tenant' | 'id'>

/** Stores the notes of a claim, and replaces its earlier notes. */
export const storeNotes = (
  world: { readonly store: Pick<Store, 'putDocument'> },
  { tenant, id }: NotesTask,
  owner: string,
  notes: Notes,
  forgetAt: number,
): Promise<void> => world.store.putDocument(tenant, id, notesName(owner), JSON.stringify(notes), forgetAt)

/** The notes of a claim; empty for most claims. */
export const loadNotes = async (
  world: { readonly store: Pick<Store, 'getDocument'> },
  { tenant, id }: NotesTask,
  owner: string,
): Promise<Notes> => {
  const text = await world.store.getDocument(tenant, id, notesName(owner))
  return text === undefined ? {} : (JSON.parse(text) as Notes)
}
