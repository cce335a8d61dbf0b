import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fairQueue, type QueueItem } from '../../../worlds/memory/fair-queue.ts'

type Item = QueueItem & { readonly id: number }
const before = (a: Item, b: Item) => a.visibleAt < b.visibleAt || (a.visibleAt === b.visibleAt && a.id < b.id)

/** A simple model of the queue: it scans all items each time. */
const modelQueue = () => {
  let items: Item[] = []
  const taken = new Map<string, number>()
  const inFlight = (group: string, now: number) =>
    (taken.get(group) ?? 0) + items.filter((it) => it.group === group && it.receiveCount > 0 && it.visibleAt > now).length
  return {
    push: (item: Item) => {
      items.push(item)
      if (item.receiveCount > 0) taken.set(item.group, (taken.get(item.group) ?? 0) - 1)
    },
    take: (now: number) => {
      const ready = items.filter(({ visibleAt }) => visibleAt <= now)
      const [next] = ready.sort((a, b) => inFlight(a.group, now) - inFlight(b.group, now) || (before(a, b) ? -1 : 1))
      if (!next) return undefined
      items = items.filter((item) => item !== next)
      taken.set(next.group, (taken.get(next.group) ?? 0) + 1)
      return next
    },
    deleted: (group: string) => void taken.set(group, (taken.get(group) ?? 0) - 1),
    count: () => items.length,
  }
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('push' as const), group: fc.constantFrom('a', 'b', 'c'), inMs: fc.nat(20) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'return' as const), nth: fc.nat(), inMs: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20) }) },
)

test('the fair queue returns the same items as the model, for random pushes, takes, deletions and returns', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const [queue, model] = [fairQueue<Item>(before), modelQueue()]
      const taken: Item[] = []
      let now = 0
      let id = 0
      for (const it of steps) {
        if (it.do === 'wait') now += it.ms
        if (it.do === 'push') {
          const item = { id: id++, group: it.group, visibleAt: now + it.inMs, receiveCount: 0 }
          queue.push(item)
          model.push(item)
        }
        if (it.do === 'take') {
          const [got, expected] = [queue.take(now), model.take(now)]
          expect(got).toEqual(expected)
          if (got) taken.push(got)
        }
        if (it.do === 'delete' || it.do === 'return') {
          const [item] = taken.length > 0 ? taken.splice(it.nth % taken.length, 1) : []
          if (!item) continue
          if (it.do === 'delete') for (const each of [queue, model]) each.deleted(item.group)
          else
            for (const each of [queue, model])
              each.push({ ...item, visibleAt: now + it.inMs, receiveCount: item.receiveCount + 1 })
        }
        expect(queue.count()).toBe(model.count())
      }
    }),
    { numRuns: 300 },
  )
})

test('nextAt is now, the time of the first item, or undefined', () => {
  const queue = fairQueue<Item>(before)
  expect(queue.nextAt()).toBeUndefined()
  for (const id of [1, 2]) queue.push({ id, group: 'a', visibleAt: 10, receiveCount: 0 })
  expect(queue.nextAt()).toBe(10)
  expect(queue.take(9)).toBeUndefined()
  expect(queue.take(10)?.id).toBe(1)
  expect(queue.nextAt()).toBeLessThanOrEqual(10)
  expect(queue.take(10)?.id).toBe(2)
  expect(queue.nextAt()).toBeUndefined()
})
