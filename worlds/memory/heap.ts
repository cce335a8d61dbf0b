/** A binary heap: returns the least item first, in O(log n). */
export type Heap<Item> = {
  readonly push: (item: Item) => void
  /** Returns the least item without removing it. */
  readonly peek: () => Item | undefined
  /** Removes and returns the least item. */
  readonly pop: () => Item | undefined
  readonly count: () => number
}

/** Makes an empty heap. `before(a, b)` is true when `a` comes before `b`. @example heapOf<number>((a, b) => a < b) */
export const heapOf = <Item>(before: (a: Item, b: Item) => boolean): Heap<Item> => {
  const items: Item[] = []

  const rise = (item: Item): void => {
    let at = items.length
    items.push(item)
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = items[up] as Item
      if (!before(item, parent)) break
      items[at] = parent
      at = up
    }
    items[at] = item
  }

  const sink = (item: Item): void => {
    const { length } = items
    let at = 0
    for (let down = 1; down < length; down = 2 * at + 1) {
      const right = down + 1
      const least = right < length && before(items[right] as Item, items[down] as Item) ? right : down
      const child = items[least] as Item
      if (!before(child, item)) break
      items[at] = child
      at = least
    }
    items[at] = item
  }

  return {
    push: rise,
    peek: () => items[0],
    pop: () => {
      const least = items[0]
      const last = items.pop()
      if (items.length > 0) sink(last as Item)
      return least
    },
    count: () => items.length,
  }
}
