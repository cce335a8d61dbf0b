import type { Told } from '../../core/operation/row.ts'
import { isRefusal } from '../../core/refusal.ts'
import { operationOf, operationPage, toldOf, toldPage } from '../../core/wire/operation.ts'
import { pageQuery } from '../../core/wire/queries.ts'
import { readPage } from './entries.ts'
import { operation } from './operation.ts'
import { load } from './operations-get.ts'

/** `GET /v1/operations`: those of the tenant, the newest first. */
export const listOperations = operation({
  query: pageQuery,
  answers: { 200: operationPage },
  run: async (call) => {
    const { world, caller } = call
    const list = { list: 'operations', tenant: caller.tenant, id: caller.tenant } as const
    const page = await readPage(world.store, list, { ...call.query, order: 'latest' })
    if (isRefusal(page)) return page
    const rows = await Promise.all(page.entries.map(({ value }) => load({ world, caller, id: String(value) })))
    const items = rows.flatMap((row) => (isRefusal(row) ? [] : [operationOf(row)]))
    return { status: 200, body: { items, ...page.next } }
  },
})

/** `GET /v1/operations/{id}/tasks`: what it has told, in the order in which it did. */
export const listTold = operation({
  query: pageQuery,
  answers: { 200: toldPage },
  run: async (call) => {
    const row = await load(call)
    if (isRefusal(row)) return row
    const { tenant, id } = row
    const page = await readPage(call.world.store, { list: 'touched', tenant, id }, { ...call.query, order: 'earliest' })
    if (isRefusal(page)) return page
    return { status: 200, body: { items: page.entries.map(({ value }) => toldOf(value as Told)), ...page.next } }
  },
})
