import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Row } from '../../core/kinds.ts'
import type { Store } from '../../engine/world.ts'
import { agendaContract } from './agenda.contract.ts'
import { entriesContract } from './entries.contract.ts'
import { rowsContract } from './rows.contract.ts'
import { watchContract } from './watch.contract.ts'

/** A store under test, and how to close it. */
export type Subject = {
  readonly store: Store
  /** Retries until the expectation holds, or fails with its last error: for eventually consistent indexes. */
  readonly eventually: (expectation: () => Promise<void>) => Promise<void>
  readonly close: () => Promise<void>
}

/** The tools of the parts of the contract. */
export type Bench = {
  readonly store: () => Store
  readonly eventually: Subject['eventually']
  /** Returns a tenant that no other test uses. */
  readonly newTenant: () => string
  /** Creates rows, in this order. */
  readonly seed: (...rows: readonly Row[]) => Promise<void>
}

/** The contract of every `Store`. Each test has its own tenants, so tests can share a store. */
export const storeContract = (name: string, makeStore: () => Promise<Subject>): void => {
  describe(`the store on ${name}`, () => {
    let subject: Subject | undefined
    const present = (): Subject => {
      if (!subject) throw new Error('the store does not exist yet')
      return subject
    }
    beforeAll(async () => {
      subject = await makeStore()
    })
    afterAll(() => subject?.close())

    let tenants = 0
    const bench: Bench = {
      store: () => present().store,
      eventually: (expectation) => present().eventually(expectation),
      newTenant: () => `c${String(++tenants).padStart(3, '0')}`,
      seed: async (...rows) => {
        for (const row of rows) expect(await present().store.put(row, 0)).toEqual({ written: true })
      },
    }
    rowsContract(bench)
    entriesContract(bench)
    agendaContract(bench)
    watchContract(bench)
  })
}
