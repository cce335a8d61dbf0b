import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Change } from '../../../engine/message.ts'
import { type MemoryStore, memoryStore } from '../../../worlds/memory/store.ts'
import { aTask, next } from '../../contract/rows.ts'
import { type HandTicker, handTicker } from './hand-ticker.ts'

let ticker: HandTicker
let store: MemoryStore
beforeEach(() => {
  ticker = handTicker()
  store = memoryStore(':memory:')
})
afterEach(() => store.close())

/** `id:version` of a change, with what was there before. */
const said = ({ before, after }: Change) =>
  `${before ? `${before.version}` : 'none'} → ${after ? `${after.id} ${after.version}` : 'gone'}`

const follow = (deliver: (change: Change) => Promise<void>, more: object = {}) => {
  const dead: { change: string; tries: number; error: unknown }[] = []
  const stop = store.follow({
    deliver,
    ticker,
    onDead: async (change, tries, error) => void dead.push({ change: said(change), tries, error }),
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

test('every change is delivered with the row before and after, and is then gone from the feed', async () => {
  const heard: Change[] = []
  follow(async (change) => void heard.push(change))
  const row = aTask('t', 'a')
  await store.put(row, 0)
  await store.put(next(row), 1)
  await ticker.advance(0)
  expect(heard).toEqual([{ after: row }, { before: row, after: next(row) }])
  expect(store.backlog().changeCount).toBe(0)
})

test('a put that is refused is no change', async () => {
  const heard: string[] = []
  follow(async (change) => void heard.push(said(change)))
  await put('a', 1)
  await store.put(aTask('t', 'a'), 0)
  await ticker.advance(0)
  expect(heard).toEqual(['none → a 1'])
})

test('changes of one row come one at a time and in order; other rows do not wait for it', async () => {
  const heard: string[] = []
  const gate = Promise.withResolvers<void>()
  follow(async (change) => {
    heard.push(said(change))
    if (change.after?.id === 'slow') await gate.promise
  })
  await put('slow', 3)
  await put('fast', 2)
  await ticker.advance(0)
  expect(heard).toEqual(['none → slow 1', 'none → fast 1', '1 → fast 2'])
  gate.resolve()
  await ticker.advance(0)
  expect(heard.slice(3)).toEqual(['1 → slow 2', '2 → slow 3'])
})

test('a delivery that fails is made again after a while, before anything later of its row', async () => {
  const heard: string[] = []
  let failures = 2
  follow(async (change) => {
    heard.push(said(change))
    if (failures-- > 0) throw new Error('down')
  })
  await put('a', 2)
  await ticker.advance(199)
  expect(heard).toEqual(['none → a 1'])
  await ticker.advance(10_000)
  expect(heard).toEqual(['none → a 1', 'none → a 1', 'none → a 1', '1 → a 2'])
})

test('a delivery that never settles counts as failed when its time is up, if it has one', async () => {
  const heard: string[] = []
  follow(
    (change) => {
      heard.push(said(change))
      return heard.length === 1 ? new Promise(() => {}) : Promise.resolve()
    },
    { timeoutMs: 60_000 },
  )
  await put('a', 1)
  await ticker.advance(59_999)
  expect(heard).toHaveLength(1)
  await ticker.advance(10_000)
  expect(heard).toHaveLength(2)
  expect(store.backlog().changeCount).toBe(0)
})

test('a change that is never dealt with is dead after its tries, and the row goes on', async () => {
  const heard: string[] = []
  const { dead } = follow(
    async (change) => {
      heard.push(said(change))
      if (change.after?.version === 1) throw new Error('poison')
    },
    { tries: 3 },
  )
  await put('a', 2)
  await ticker.advance(3_600_000)
  expect(heard).toEqual(['none → a 1', 'none → a 1', 'none → a 1', '1 → a 2'])
  expect(dead).toEqual([{ change: 'none → a 1', tries: 3, error: new Error('poison') }])
  expect(store.backlog().changeCount).toBe(0)
})

test('a dead change that nobody takes over is not lost either', async () => {
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

test('more changes than are held at once all come, however slowly they are dealt with', async () => {
  let heard = 0
  follow(() => new Promise((resolve) => ticker.at(ticker.now() + 10, () => resolve(void heard++))))
  for (let at = 0; at < 1_700; at++) await store.put(aTask('t', `r${at}`), 0)
  await ticker.advance(1_000)
  expect(heard).toBe(1_700)
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

  test('what was not dealt with is delivered again after a restart, in order, and nothing else is', async () => {
    follow(async (change) => {
      if (change.after?.id !== 'done') await new Promise(() => {})
    })
    await put('done', 2)
    await put('stuck', 2)
    // Enough finished entries that a batch of them is trimmed while others are stuck.
    for (let at = 0; at < 200; at++) await store.put(aTask('u', 'done'.padEnd(5 + at, '-')), 0)
    await ticker.advance(0)
    store.close()

    store = memoryStore(file)
    const heard: string[] = []
    follow(async (change) => {
      if (change.after?.id === 'stuck') heard.push(said(change))
    })
    await put('later', 1)
    await ticker.advance(0)
    expect(heard).toEqual(['none → stuck 1', '1 → stuck 2'])
    expect(store.backlog().changeCount).toBe(0)
  })

  test('after a follower has stopped, the next one gets what the first did not deal with', async () => {
    const first = follow(() => new Promise(() => {}))
    await put('a', 1)
    await ticker.advance(0)
    first.stop()
    const heard: string[] = []
    follow(async (change) => void heard.push(said(change)))
    await ticker.advance(0)
    expect(heard).toEqual(['none → a 1'])
  })

  test('changes that are made while nobody follows are kept', async () => {
    await put('a', 2)
    store.close()
    store = memoryStore(file)
    expect(store.backlog()).toEqual({ openCount: 1, changeCount: 2 })
  })
})
