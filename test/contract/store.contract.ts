import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Row } from '../../core/kinds.ts'
import type { Store } from '../../engine/world.ts'
import { agendaContract } from './agenda.contract.ts'
import { entriesContract } from './entries.contract.ts'
import { rowsContract } from './rows.contract.ts'
import { watchContract } from './watch.contract.ts'

/** A store to hold to the contract, and how to be rid of it. */
export type Subject = {
  readonly store: Store
  /** Asks until the expectation holds, or fails as it failed last: for indexes that follow the rows with a delay. */
  readonly eventually: (expectation: () => Promise<void>) => Promise<void>
  readonly close: () => Promise<void>
}

/** What the parts of the contract work with. */
export type Bench = {
  readonly store: () => Store
  readonly eventually: Subject['eventually']
  /** A tenant that no other test has. */
  readonly newTenant: () => string
  /** Creates rows, in this order. */
  readonly seed: (...rows: readonly Row[]) => Promise<void>
}

/** What every `Store` does. Each test has tenants of its own, so a store may be shared with others that do the same. */
export const storeContract = (name: string, makeStore: () => Promise<Subject>): void => {
  describe(`the store on ${name}`, () => {
    let subject: Subject | undefined
    const present = (): Subject => {
      if (!subject) throw new Error('the store has not been made yet')
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
