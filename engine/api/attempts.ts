import { isRefusal } from '../../core/refusal.ts'
import { attemptsOf } from '../../core/task/attempts.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { attemptList, attemptListOf } from '../../core/wire/attempts.ts'
import { loadNotes } from '../notes.ts'
import { load } from './get.ts'
import { type Call, operation } from './operation.ts'

/** `GET /v1/tasks/{id}/attempts` */
export const listAttempts = operation({
  answers: { 200: attemptList },
  run: async (call) => {
    const row = await load(call)
    return isRefusal(row) ? row : { status: 200, body: await listOf(call.world, row) }
  },
})

const listOf = async (world: Call['world'], row: TaskRow) => {
  const { attempts, older } = attemptsOf(row)
  const notes = await Promise.all(attempts.map(async ({ owner }) => [owner, await loadNotes(world, row, owner)] as const))
  return attemptListOf(attempts, older, new Map(notes))
}
