import { expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { apply } from '../../../engine/apply.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import { appOf, engineWorld, given, keyOf } from '../../engine/world.ts'

/** Bugs that the simulator found, each as a small test. */

// Found by seed 1580. A far task was on the watch index, so the mark of the sweep moved past its nominal time. The claim
// removed it from the watch index. When its worker died with the message, neither walk of the sweep read it again.
test('the sweep finds a far task whose worker died with its message, although an earlier sweep passed its time', async () => {
  const world = engineWorld()
  const row = await given(world, 'far', { notBefore: world.now + 2 * LIMITS.queueDelayMs })
  world.advance(2 * LIMITS.queueDelayMs + LIMITS.sweepGraceMs + 1)
  expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })

  const at = world.now
  await apply(world, keyOf('far'), () => ({ name: 'claim', at, by: 'worker:w', epoch: row.epoch, owner: 'w', leaseMs: 70_000 }))
  world.advance(70_000 + LIMITS.sweepGraceMs)
  world.sent.length = 0
  expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })
  expect(world.sent).toMatchObject([{ nudge: { id: 'far', epoch: row.epoch } }])
})
