import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Row } from '../../../core/kinds.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { Change } from '../../../engine/message.ts'
import { memoryStore } from '../../../worlds/memory/store.ts'
import { aGate, aTask, NOON, next } from '../../contract/rows.ts'
import { manualTicker } from './manual-ticker.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-store-'))
  file = join(folder, 'below', 'carillon.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('rows and documents remain after the file is closed and opened again', async () => {
  const first = memoryStore(file)
  await first.put(aTask('t', 'a'), 0)
  await first.putDocument('t', 'a', 'd', 'text')
  first.close()
  const second = memoryStore(file)
  expect(await second.get(aTask('t', 'a'))).toEqual(aTask('t', 'a'))
  expect(await second.getDocument('t', 'a', 'd')).toBe('text')
  second.close()
})

test('an open file is refused, and a closed one is free', () => {
  const first = memoryStore(file)
  expect(() => memoryStore(file)).toThrow(`${file} is in use by another process`)
  first.close()
  memoryStore(file).close()
})

test('a file of another layout is refused and not changed', () => {
  memoryStore(file).close()
  const database = new DatabaseSync(file)
  database.exec('pragma user_version = 99')
  database.close()
  expect(() => memoryStore(file)).toThrow('has layout 99; this version of Carillon reads layout 3')
})

test('a file that is not a database is refused', () => {
  const other = join(folder, 'notes.txt')
  writeFileSync(other, 'dear diary, '.repeat(1_000))
  expect(() => memoryStore(other)).toThrow('not a database')
})

test('a row or document larger than a DynamoDB item is refused with its size, and nothing is written', async () => {
  const store = memoryStore(':memory:')
  const large = aTask('t', 'a', { input: { inline: 'x'.repeat(LIMITS.rowBytes) } })
  await expect(store.put(large, 0)).rejects.toThrow(/row task\/t\/a has \d+ bytes; at most 409600/)
  expect(await store.get(large)).toBeUndefined()
  await expect(store.putDocument('t', 'a', 'd', 'ü'.repeat(204_801))).rejects.toThrow('has 409602 bytes')
  await store.putDocument('t', 'a', 'd', 'ü'.repeat(204_800))
  store.close()
})

test('concurrent writes are committed together, and none resolves before the commit', async () => {
  const commits: (() => void)[] = []
  const store = memoryStore(':memory:', (run) => commits.push(run))
  let answered = 0
  const puts = ['a', 'b', 'c'].map((id) => store.put(aTask('t', id), 0).then(() => answered++))
  const read = store.get(aTask('t', 'a')).then((row) => {
    expect(row).toBeDefined()
    answered++
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect([commits.length, answered]).toEqual([1, 0])
  commits[0]?.()
  await Promise.all([...puts, read])
  expect(answered).toBe(4)
  store.close()
})

test('rows past their forgetAt are deleted with their documents, and the feed contains the deletion; other rows are kept', async () => {
  const store = memoryStore(':memory:')
  const ticker = manualTicker()
  const over = aTask('t', 'over', { state: 'succeeded', forgetAt: NOON })
  const kept = aTask('t', 'kept', { state: 'succeeded', forgetAt: NOON + 1 })
  for (const row of [over, kept, aTask('t', 'open')]) await store.put(row, 0)
  await store.putDocument('t', 'over', 'd', 'text', NOON)
  await store.putDocument('t', 'kept', 'd', 'text', NOON + 1)
  await store.putDocument('t', 'open', 'd', 'text')
  const delivered: Change[] = []
  store.follow({ deliver: async (change) => void delivered.push(change), ticker, onDead: async () => {} })
  await ticker.advance(0)

  expect(await store.forget(NOON)).toBe(1)
  await ticker.advance(0)
  expect(delivered.at(-1)).toEqual({ before: over })
  expect((await store.getTasks('t', ['over', 'kept', 'open'])).map(({ id }) => id)).toEqual(['kept', 'open'])
  expect(await store.agenda({ tenant: 't', order: 'earliest', limit: 9 })).toHaveLength(2)
  expect(await store.getDocument('t', 'over', 'd')).toBeUndefined()
  expect(await store.getDocument('t', 'kept', 'd')).toBe('text')
  expect(await store.forget(NOON)).toBe(0)
  store.close()
})

test.each([
  ['a later forgetAt', NOON + 1],
  ['no forgetAt', undefined],
])('a document that is put again with %s is kept for that long', async (_, forgetAt) => {
  const store = memoryStore(':memory:')
  await store.putDocument('t', 'a', 'd', 'text', NOON)
  await store.putDocument('t', 'a', 'd', 'text', forgetAt)
  await store.forget(NOON)
  expect(await store.getDocument('t', 'a', 'd')).toBe('text')
  await store.forget(NOON + 1)
  expect(await store.getDocument('t', 'a', 'd')).toBe(forgetAt === undefined ? 'text' : undefined)
  store.close()
})

test('an entry past its forgetAt is deleted, unless it was put again with a later one', async () => {
  const store = memoryStore(':memory:')
  const list = { list: 'audit', tenant: 't', id: 'a' } as const
  for (const at of ['over', 'renewed']) await store.putEntry(list, { at, value: 1 }, NOON)
  await store.putEntry(list, { at: 'renewed', value: 2 }, NOON + 1)
  await store.putEntry(list, { at: 'kept', value: 3 })
  await store.forget(NOON)
  expect((await store.entries(list, { limit: 9 })).map(({ at }) => at)).toEqual(['kept', 'renewed'])
  store.close()
})

test('one call deletes more than one page', async () => {
  const store = memoryStore(':memory:')
  for (let at = 0; at < 450; at++) await store.put(aTask('t', `r${at}`, { state: 'succeeded', forgetAt: NOON }), 0)
  expect(await store.forget(NOON)).toBe(450)
  store.close()
})

test('openTasks returns all tasks that have not ended, in order of creation', async () => {
  const store = memoryStore(':memory:')
  const ids = Array.from({ length: 1_100 }, (_, at) => `r${1_100 - at}`)
  for (const id of ids) await store.put(aTask('t', id), 0)
  await store.put(next(aTask('t', 'r7'), { state: 'succeeded' }), 1)
  await store.put(next(aTask('t', 'r8'), { state: 'waiting' }), 1)
  expect([...store.openTasks()].map(({ id }) => id)).toEqual(ids.filter((id) => id !== 'r7'))
  expect(store.backlog().openCount).toBe(1_099)
  store.close()
})

test('openRows returns open tasks, then other rows with a wake-up; forget deletes rows of every kind', async () => {
  const store = memoryStore(':memory:')
  const rows = [aTask('t', 'a'), aGate('t', 'busy', { dueAt: NOON + 5 }), aGate('t', 'idle', { forgetAt: NOON }), aTask('t', 'b')]
  for (const row of rows) await store.put(row, 0)
  expect([...store.openRows()].map(({ id }) => id)).toEqual(['a', 'b', 'busy'])
  expect([...store.openTasks()].map(({ id }) => id)).toEqual(['a', 'b'])
  expect(store.backlog().openCount).toBe(2)
  expect(await store.forget(NOON)).toBe(1)
  expect(await store.get(rows[2] as Row)).toBeUndefined()
  store.close()
})

test('no statement scans a whole table, except the count of the feed', () => {
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  memoryStore(file).close()
  const statements = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /\b(rows|documents|entries|feed)\b/.test(sql))
  prepare.mockRestore()
  expect(statements.length).toBeGreaterThan(20)
  const database = new DatabaseSync(file)
  const scans = statements.filter((sql) =>
    (database.prepare(`explain query plan ${sql}`).all() as { detail: string }[]).some(({ detail }) => /SCAN|TEMP/.test(detail)),
  )
  database.close()
  expect(scans).toEqual(['select count(*) as count from feed'])
})
