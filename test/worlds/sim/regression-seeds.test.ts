import { expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { apply } from '../../../engine/apply.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import { appOf, engineWorld, given, keyOf } from '../../engine/world.ts'

/** What the simulation has found, told with as little as it takes. */

// Found by seed 1580. A far task stood on the watch, so the sweep's mark went past its nominal time; its claim took it off
// the watch; and when its worker died with the message, neither walk of the sweep came by it any more.
test('a far task whose worker dies with its message is found, although a sweep has gone past its time before the claim', async () => {
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
