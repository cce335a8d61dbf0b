import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Change } from '../../../engine/message.ts'
import { type MemoryStore, memoryStore } from '../../../worlds/memory/store.ts'
import { aTask, next } from '../../contract/rows.ts'
import { type ManualTicker, manualTicker } from './manual-ticker.ts'

let ticker: ManualTicker
let store: MemoryStore
beforeEach(() => {
  ticker = manualTicker()
  store = memoryStore(':memory:')
})
afterEach(() => store.close())

/** A change as text: the version before, then the id and version after. */
const textOf = ({ before, after }: Change) =>
  `${before ? `${before.version}` : 'none'} → ${after ? `${after.id} ${after.version}` : 'gone'}`

const follow = (deliver: (change: Change) => Promise<void>, more: object = {}) => {
  const dead: { change: string; tries: number; error: unknown }[] = []
  const stop = store.follow({
    deliver,
    ticker,
    onDead: async (change, tries, error) => void dead.push({ change: textOf(change), tries, error }),
    ...more,
  })
  return { dead, stop }
}

const put = async (id: string, versions: number) => {
  let row = aTask('t', id)
  await store.put(row, 0)
  for (let version = 1; version < versions; version++) {
    row = next(row)
    await store.put(row, version)
  }
}

test('every change is delivered with the row before and after, and then deleted from the feed', async () => {
  const delivered: Change[] = []
  follow(async (change) => void delivered.push(change))
  const row = aTask('t', 'a')
  await store.put(row, 0)
  await store.put(next(row), 1)
  await ticker.advance(0)
  expect(delivered).toEqual([{ after: row }, { before: row, after: next(row) }])
  expect(store.backlog().changeCount).toBe(0)
})

test('a refused put makes no change', async () => {
  const delivered: string[] = []
  follow(async (change) => void delivered.push(textOf(change)))
  await put('a', 1)
  await store.put(aTask('t', 'a'), 0)
  await ticker.advance(0)
  expect(delivered).toEqual(['none → a 1'])
})

test('changes of one row are delivered one at a time and in order; other rows do not wait for them', async () => {
  const delivered: string[] = []
  const gate = Promise.withResolvers<void>()
  follow(async (change) => {
    delivered.push(textOf(change))
    if (change.after?.id === 'slow') await gate.promise
  })
  await put('slow', 3)
  await put('fast', 2)
  await ticker.advance(0)
  expect(delivered).toEqual(['none → slow 1', 'none → fast 1', '1 → fast 2'])
  gate.resolve()
  await ticker.advance(0)
  expect(delivered.slice(3)).toEqual(['1 → slow 2', '2 → slow 3'])
})

test('a failed delivery is retried after a delay, before later changes of the same row', async () => {
  const delivered: string[] = []
  let failures = 2
  follow(async (change) => {
    delivered.push(textOf(change))
    if (failures-- > 0) throw new Error('down')
  })
  await put('a', 2)
  await ticker.advance(199)
  expect(delivered).toEqual(['none → a 1'])
  await ticker.advance(10_000)
  expect(delivered).toEqual(['none → a 1', 'none → a 1', 'none → a 1', '1 → a 2'])
})

test('a delivery that never settles counts as failed after the timeout, if there is one', async () => {
  const delivered: string[] = []
  follow(
    (change) => {
      delivered.push(textOf(change))
      return delivered.length === 1 ? new Promise(() => {}) : Promise.resolve()
    },
    { timeoutMs: 60_000 },
  )
  await put('a', 1)
  await ticker.advance(59_999)
  expect(delivered).toHaveLength(1)
  await ticker.advance(10_000)
  expect(delivered).toHaveLength(2)
  expect(store.backlog().changeCount).toBe(0)
})

test('a change whose deliveries all fail is dead after its tries, and later changes of the row are delivered', async () => {
  const delivered: string[] = []
  const { dead } = follow(
    async (change) => {
      delivered.push(textOf(change))
      if (change.after?.version === 1) throw new Error('poison')
    },
    { tries: 3 },
  )
  await put('a', 2)
  await ticker.advance(3_600_000)
  expect(delivered).toEqual(['none → a 1', 'none → a 1', 'none → a 1', '1 → a 2'])
  expect(dead).toEqual([{ change: 'none → a 1', tries: 3, error: new Error('poison') }])
  expect(store.backlog().changeCount).toBe(0)
})

test('a dead change stays in the feed until onDead resolves', async () => {
  let takes = 0
  follow(() => Promise.reject(new Error('poison')), {
    tries: 1,
    onDead: async () => {
      if (++takes < 3) throw new Error('not now')
    },
  })
  await put('a', 1)
  await ticker.advance(3_600_000)
  expect(takes).toBe(3)
  expect(store.backlog().changeCount).toBe(0)
})

test('more changes than may be in flight are all delivered, even to a slow follower', async () => {
  let delivered = 0
  follow(() => new Promise((resolve) => ticker.at(ticker.now() + 10, () => resolve(void delivered++))))
  for (let at = 0; at < 1_700; at++) await store.put(aTask('t', `r${at}`), 0)
  await ticker.advance(1_000)
  expect(delivered).toBe(1_700)
  expect(store.backlog()).toEqual({ openCount: 1_700, changeCount: 0 })
})

describe('in a file', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-feed-'))
    file = join(folder, 'carillon.db')
    store.close()
    store = memoryStore(file)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('only unprocessed changes are delivered again after a restart, in order', async () => {
    follow(async (change) => {
      if (change.after?.id !== 'done') await new Promise(() => {})
    })
    await put('done', 2)
    await put('stuck', 2)
    // Enough processed changes that some are deleted while others are stuck.
    for (let at = 0; at < 200; at++) await store.put(aTask('u', 'done'.padEnd(5 + at, '-')), 0)
    await ticker.advance(0)
    store.close()

    store = memoryStore(file)
    const delivered: string[] = []
    follow(async (change) => {
      if (change.after?.id === 'stuck') delivered.push(textOf(change))
    })
    await put('later', 1)
    await ticker.advance(0)
    expect(delivered).toEqual(['none → stuck 1', '1 → stuck 2'])
    expect(store.backlog().changeCount).toBe(0)
  })

  test('the next follower receives the changes that a stopped follower did not process', async () => {
    const first = follow(() => new Promise(() => {}))
    await put('a', 1)
    await ticker.advance(0)
    first.stop()
    const delivered: string[] = []
    follow(async (change) => void delivered.push(textOf(change)))
    await ticker.advance(0)
    expect(delivered).toEqual(['none → a 1'])
  })

  test('changes are kept while there is no follower', async () => {
    await put('a', 2)
    store.close()
    store = memoryStore(file)
    expect(store.backlog()).toEqual({ openCount: 1, changeCount: 2 })
  })
})
