import type { Instant } from '../../core/instant.ts'
import { heapOf } from './heap.ts'

/** What stands in a fair line: whose it is, from when on it can be taken, and how often it has been. */
export type Standing = { readonly group: string; readonly visibleAt: Instant; readonly receiveCount: number }

/**
 * Items that wait to be handed out, fairly: of what can be taken, the next is of the group that has the fewest in flight.
 * So a group that has filled every hand lets all others pass, as SQS documents for its fair queues; within a group, and
 * among groups with as many in flight, `before` says who is first.
 *
 * In flight is what was taken and is not gone: in hand, or hidden until it comes back.
 */
export type FairLine<Item> = {
  readonly push: (item: Item) => void
  /** From when on there is something to take; undefined when the line is empty. */
  readonly nextAt: () => Instant | undefined
  readonly take: (now: Instant) => Item | undefined
  /** One of this group that was taken will not come back. */
  readonly gone: (group: string) => void
  readonly count: () => number
}

/** So many turns beside two for each group, and the stale ones are swept out: seldom, and yet they never pile up. */
const STALE_COUNT = 100

/** Makes an empty line. */
export const fairLine = <Item extends Standing>(before: (a: Item, b: Item) => boolean): FairLine<Item> => {
  type Group = { readonly name: string; readonly ready: ReturnType<typeof heapOf<Item>>; inFlight: number; stamp: number }
  /** A group's claim to be next, as it was when it was made; another stamp on the group says that it is stale. */
  type Turn = { readonly group: Group; readonly stamp: number; readonly inFlight: number; readonly first: Item }
  const newTurns = () =>
    heapOf<Turn>((a, b) => a.inFlight < b.inFlight || (a.inFlight === b.inFlight && before(a.first, b.first)))

  const hidden = heapOf(before)
  const groups = new Map<string, Group>()
  let turns = newTurns()
  let readyCount = 0

  const groupNamed = (name: string): Group => {
    const known = groups.get(name)
    if (known) return known
    const group: Group = { name, ready: heapOf(before), inFlight: 0, stamp: 0 }
    groups.set(name, group)
    return group
  }

  const claim = (group: Group): void => {
    const first = group.ready.peek()
    if (first) turns.push({ group, stamp: group.stamp, inFlight: group.inFlight, first })
  }

  const changed = (group: Group): void => {
    group.stamp++
    if (group.ready.count() === 0 && group.inFlight === 0) groups.delete(group.name)
    claim(group)
    if (turns.count() <= 2 * groups.size + STALE_COUNT) return
    turns = newTurns()
    for (const each of groups.values()) claim(each)
  }

  const surface = (now: Instant): void => {
    for (let item = hidden.peek(); item && item.visibleAt <= now; item = hidden.peek()) {
      hidden.pop()
      const group = groupNamed(item.group)
      const first = group.ready.peek()
      group.ready.push(item)
      readyCount++
      if (item.receiveCount > 0) group.inFlight--
      if (item.receiveCount > 0 || !first || before(item, first)) changed(group)
    }
  }

  return {
    push: hidden.push,
    nextAt: () => (readyCount > 0 ? Number.NEGATIVE_INFINITY : hidden.peek()?.visibleAt),
    take: (now) => {
      surface(now)
      for (let turn = turns.pop(); turn; turn = turns.pop()) {
        const { group, stamp } = turn
        if (stamp !== group.stamp) continue
        const item = group.ready.pop()
        readyCount--
        group.inFlight++
        changed(group)
        return item
      }
      return undefined
    },
    gone: (name) => {
      const group = groupNamed(name)
      group.inFlight--
      changed(group)
    },
    count: () => hidden.count() + readyCount,
  }
}
