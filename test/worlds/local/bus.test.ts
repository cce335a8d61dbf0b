import { expect, test } from 'vitest'
import { eventOf, type TaskEvent } from '../../../core/task/event.ts'
import { localBus } from '../../../worlds/local/world.ts'
import { aTask } from '../../contract/rows.ts'

test('listeners receive published events in order until they stop listening', async () => {
  const event = eventOf(undefined, aTask('t', 'a')) as TaskEvent
  const bus = localBus()
  const received: string[] = []
  const stop = bus.listen(({ id }) => received.push(id))
  await bus.publish([event, { ...event, id: 'second' }])
  await Promise.resolve()
  stop()
  await bus.publish([event])
  await Promise.resolve()
  expect(received).toEqual(['a-1', 'second'])
})
