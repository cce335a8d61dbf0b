/** One answer of DynamoDB: the items, and where the next request continues. */
export type Page<Item, Token> = { readonly items: readonly Item[]; readonly next?: Token | undefined }

/** A sorted list that is stored in several partitions: its name for each of them, and how one of them is read. */
export type Shards<Item, Token> = {
  readonly partitions: readonly string[]
  readonly read: (partition: string, from: Token | undefined, limit: number) => Promise<Page<Item, Token>>
  /** The sort key of an item. */
  readonly keyOf: (item: Item) => string
  readonly backwards?: boolean
  readonly limit: number
}

/**
 * The first items of all partitions together, in the order of their sort keys. The result is exact however the items are
 * distributed: a partition is read on until it has ended, or is past the last item of the result. A hash distributes
 * evenly, so each partition is asked for little more than its part, and one request for each of them usually suffices.
 *
 * @example await firstOf({ partitions: ['a#0', 'a#1'], read, keyOf: ({ at }) => at, limit: 25 })
 */
export const firstOf = async <Item, Token>(shards: Shards<Item, Token>): Promise<readonly Item[]> => {
  const { partitions, read, limit } = shards
  if (limit <= 0) return []
  const found: Item[][] = partitions.map(() => [])
  const next: (Token | undefined)[] = []
  const isBefore = orderOf(shards)
  const sorted = () => found.flat().sort((a, b) => (isBefore(a, b) ? -1 : 1))
  let unread = partitions.map((_, index) => index)
  for (let count = shareOf(limit, partitions.length); unread.length > 0; count = Math.min(4 * count, limit)) {
    await Promise.all(
      unread.map(async (index) => {
        const page = await read(partitions[index] ?? '', next[index], count)
        found[index]?.push(...page.items)
        next[index] = page.next
      }),
    )
    const last = sorted()[limit - 1]
    const canPrecede = (item: Item | undefined) => item === undefined || last === undefined || isBefore(item, last)
    unread = unread.filter((index) => next[index] !== undefined && canPrecede(found[index]?.at(-1)))
  }
  return sorted().slice(0, limit)
}

/** The part of one partition, and three standard deviations more (Poisson), so that a second request is rare. */
const shareOf = (limit: number, partitionsCount: number): number => {
  const mean = limit / partitionsCount
  return partitionsCount === 1 ? limit : Math.min(limit, Math.ceil(mean + 3 * Math.sqrt(mean)) + 1)
}

/** By bytes, as DynamoDB sorts: JavaScript compares UTF-16 units, which differs beyond the basic plane. */
const orderOf =
  <Item>({ keyOf, backwards = false }: Pick<Shards<Item, unknown>, 'keyOf' | 'backwards'>) =>
  (a: Item, b: Item): boolean => {
    const order = Buffer.compare(Buffer.from(keyOf(a)), Buffer.from(keyOf(b)))
    return backwards ? order > 0 : order < 0
  }
