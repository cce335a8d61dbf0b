import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fairLine, type Standing } from '../../../worlds/memory/fair-queue.ts'

type Item = Standing & { readonly id: number }
const before = (a: Item, b: Item) => a.visibleAt < b.visibleAt || (a.visibleAt === b.visibleAt && a.id < b.id)

/** The same line, said plainly: looks at everything each time. */
const plainLine = () => {
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
    gone: (group: string) => void taken.set(group, (taken.get(group) ?? 0) - 1),
    count: () => items.length,
  }
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('push' as const), group: fc.constantFrom('a', 'b', 'c'), inMs: fc.nat(20) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('gone' as const, 'back' as const), nth: fc.nat(), inMs: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20) }) },
)

test('the fair line hands out as the plain one does, whatever comes, goes and comes back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const [line, plain] = [fairLine<Item>(before), plainLine()]
      const hands: Item[] = []
      let now = 0
      let id = 0
      for (const it of steps) {
        if (it.do === 'wait') now += it.ms
        if (it.do === 'push') {
          const item = { id: id++, group: it.group, visibleAt: now + it.inMs, receiveCount: 0 }
          line.push(item)
          plain.push(item)
        }
        if (it.do === 'take') {
          const [got, expected] = [line.take(now), plain.take(now)]
          expect(got).toEqual(expected)
          if (got) hands.push(got)
        }
        if (it.do === 'gone' || it.do === 'back') {
          const [item] = hands.length > 0 ? hands.splice(it.nth % hands.length, 1) : []
          if (!item) continue
          if (it.do === 'gone') for (const each of [line, plain]) each.gone(item.group)
          else
            for (const each of [line, plain])
              each.push({ ...item, visibleAt: now + it.inMs, receiveCount: item.receiveCount + 1 })
        }
        expect(line.count()).toBe(plain.count())
      }
    }),
    { numRuns: 300 },
  )
})

test('it says when there is something to take: at once, at the first time, or never', () => {
  const line = fairLine<Item>(before)
  expect(line.nextAt()).toBeUndefined()
  for (const id of [1, 2]) line.push({ id, group: 'a', visibleAt: 10, receiveCount: 0 })
  expect(line.nextAt()).toBe(10)
  expect(line.take(9)).toBeUndefined()
  expect(line.take(10)?.id).toBe(1)
  expect(line.nextAt()).toBeLessThanOrEqual(10)
  expect(line.take(10)?.id).toBe(2)
  expect(line.nextAt()).toBeUndefined()
})
