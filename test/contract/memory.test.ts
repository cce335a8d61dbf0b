import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from '../../worlds/memory/store.ts'
import { storeContract } from './store.contract.ts'

const eventually = (expectation: () => Promise<void>) => expectation()

storeContract('SQLite in memory', async () => {
  const store = memoryStore(':memory:')
  return { store, eventually, close: async () => store.close() }
})

storeContract('SQLite in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-contract-'))
  const store = memoryStore(join(folder, 'carillon.db'))
  const close = async () => {
    store.close()
    rmSync(folder, { recursive: true })
  }
  return { store, eventually, close }
})
