import { LIMITS } from '../../core/limits.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { messageFor, rowOf } from '../engine/world.ts'
import type { scene } from './scene.ts'

/** Creates a task that has failed because its messages became dead letters. Returns its id. */
export const deadLetteredTask = async (it: ReturnType<typeof scene>): Promise<string> => {
  const { body } = await it.create({ type: 'greet', input: { name: 'Ada' } })
  for (let count = 0; count <= LIMITS.redeliveriesCount; count++) {
    const row = await rowOf(it.world, body.id)
    it.world.now = Math.max(it.world.now, row.dueAt ?? 0)
    const receiveCount = LIMITS.queueReceiveCount
    await handleDeadLetter(it.world, it.app, { ...messageFor(row), receiveCount, source: 'lane:normal', reason: 'thrown' })
  }
  return body.id
}
