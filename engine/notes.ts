import { type Notes, notesName } from '../core/task/progress.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { Store } from './world.ts'

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
