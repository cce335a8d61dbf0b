import type { Instant } from '../../core/instant.ts'
import { heapOf } from './heap.ts'

/** An item of a fair queue: its group, when it becomes visible, and how often it was received. */
export type QueueItem = { readonly group: string; readonly visibleAt: Instant; readonly receiveCount: number }

/**
 * A queue that is fair between groups: `take` returns a visible item of the group with the fewest items in flight. A group
 * that occupies every worker therefore does not delay the others. Source: "Amazon SQS fair queues" in the SQS developer
 * guide. Within a group, and between groups with equally many items in flight, `before` decides.
 *
 * An item is in flight from `take` until `deleted`: while a worker holds it, and while it is hidden before its redelivery.
 */
export type FairQueue<Item> = {
  readonly push: (item: Item) => void
  /** When the next item can be taken; undefined when the queue is empty. */
  readonly nextAt: () => Instant | undefined
  readonly take: (now: Instant) => Item | undefined
  /** Reports that a taken item of this group will not be pushed again. */
  readonly deleted: (group: string) => void
  readonly count: () => number
  /** How many items could be taken. */
  readonly visibleCount: (now: Instant) => number
}

/** Outdated candidates are removed when there are this many more than two for each group: rarely, but before they pile up. */
const STALE_COUNT = 100

/** Makes an empty queue. */
export const fairQueue = <Item extends QueueItem>(before: (a: Item, b: Item) => boolean): FairQueue<Item> => {
  type Group = { readonly name: string; readonly ready: ReturnType<typeof heapOf<Item>>; inFlight: number; revision: number }
  /** A group as it was when it was queued for `take`. It is outdated when the group has another revision now. */
  type Candidate = { readonly group: Group; readonly revision: number; readonly inFlight: number; readonly first: Item }
  const noCandidates = () =>
    heapOf<Candidate>((a, b) => a.inFlight < b.inFlight || (a.inFlight === b.inFlight && before(a.first, b.first)))

  const hidden = heapOf(before)
  const groups = new Map<string, Group>()
  let candidates = noCandidates()
  let readyCount = 0

  const groupNamed = (name: string): Group => {
    const existing = groups.get(name)
    if (existing) return existing
    const group: Group = { name, ready: heapOf(before), inFlight: 0, revision: 0 }
    groups.set(name, group)
    return group
  }

  const addCandidate = (group: Group): void => {
    const first = group.ready.peek()
    if (first) candidates.push({ group, revision: group.revision, inFlight: group.inFlight, first })
  }

  const groupChanged = (group: Group): void => {
    group.revision++
    if (group.ready.count() === 0 && group.inFlight === 0) groups.delete(group.name)
    addCandidate(group)
    if (candidates.count() <= 2 * groups.size + STALE_COUNT) return
    candidates = noCandidates()
    for (const each of groups.values()) addCandidate(each)
  }

  const makeVisible = (now: Instant): void => {
    for (let item = hidden.peek(); item && item.visibleAt <= now; item = hidden.peek()) {
      hidden.pop()
      const group = groupNamed(item.group)
      const first = group.ready.peek()
      group.ready.push(item)
      readyCount++
      if (item.receiveCount > 0) group.inFlight--
      if (item.receiveCount > 0 || !first || before(item, first)) groupChanged(group)
    }
  }

  return {
    push: hidden.push,
    nextAt: () => (readyCount > 0 ? Number.NEGATIVE_INFINITY : hidden.peek()?.visibleAt),
    take: (now) => {
      makeVisible(now)
      for (let candidate = candidates.pop(); candidate; candidate = candidates.pop()) {
        const { group, revision } = candidate
        if (revision !== group.revision) continue
        const item = group.ready.pop()
        readyCount--
        group.inFlight++
        groupChanged(group)
        return item
      }
      return undefined
    },
    deleted: (name) => {
      const group = groupNamed(name)
      group.inFlight--
      groupChanged(group)
    },
    count: () => hidden.count() + readyCount,
    visibleCount: (now) => {
      makeVisible(now)
      return readyCount
    },
  }
}
