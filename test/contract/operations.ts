import fc from 'fast-check'
import type { Row } from '../../core/kinds.ts'
import type { AgendaQuery, ListKey, Store } from '../../engine/world.ts'
import { id, json, row, tenant, time } from './row-arbitraries.ts'

/** One call of a store, with its answer and whether it had an effect or found something (`hit`). */
export type Operation = {
  readonly verb: keyof Store | 'attention'
  readonly label: string
  readonly run: (store: Store) => Promise<{ readonly answer: unknown; readonly hit: boolean }>
}

const order = fc.constantFrom('latest' as const, 'earliest' as const)
const limit = fc.integer({ min: 1, max: 4 })
const agendaPlace = fc.record({ at: time, id })
const name = fc.constantFrom('x', 'y')

/** The current version of a row, which a successful write must expect. */
const versionOf = async (store: Store, key: Row): Promise<number> => (await store.get(key))?.version ?? 0

const put = fc.record({ row, behind: fc.constantFrom(0, 0, 0, 1, -1) }).map(
  ({ row, behind }): Operation => ({
    verb: 'put',
    label: `put ${row.kind}/${row.tenant}/${row.id}, ${behind} versions off`,
    run: async (store) => {
      const version = await versionOf(store, row)
      const expected = Math.max(0, version - behind)
      // A row with an invalid instant is refused before its version is compared.
      const put = store.put({ ...row, version: expected + 1 } as Row, expected)
      const answer = await put.catch((error: unknown) => ({ written: false, refused: (error as Error).name }))
      return { answer, hit: answer.written }
    },
  }),
)

const get = fc
  .record({ kind: fc.constantFrom('task' as const, 'tenant' as const, 'gate' as const, 'unique' as const), tenant, id })
  .map(
    ({ kind, tenant, id }): Operation => ({
      verb: 'get',
      label: `get ${kind}/${tenant}/${id}`,
      run: async (store) => {
        const answer = await store.get({ kind, tenant, id: kind === 'tenant' ? tenant : id })
        return { answer, hit: answer !== undefined }
      },
    }),
  )

const getTasks = fc.record({ tenant, ids: fc.array(id, { maxLength: 5 }) }).map(
  ({ tenant, ids }): Operation => ({
    verb: 'getTasks',
    label: `getTasks ${tenant} ${ids}`,
    run: async (store) => {
      const answer = await store.getTasks(tenant, ids)
      return { answer, hit: answer.length === ids.length }
    },
  }),
)

/** Few documents and entries, so that most rounds write one again, find one and drop one. */
const document = fc.record({ tenant: fc.constantFrom('acme', 'acme-2'), id: fc.constantFrom('a', 'a.f1'), name })
const putDocument = fc
  .record({ at: document, text: fc.string({ unit: 'grapheme' }), forgetAt: fc.option(time, { nil: undefined }) })
  .map(
    ({ at, text, forgetAt }): Operation => ({
      verb: 'putDocument',
      label: `putDocument ${at.tenant}/${at.id}/${at.name}`,
      run: async (store) => {
        const before = await store.getDocument(at.tenant, at.id, at.name)
        await store.putDocument(at.tenant, at.id, at.name, text, forgetAt)
        return { answer: await store.getDocument(at.tenant, at.id, at.name), hit: before === undefined }
      },
    }),
  )
const getDocument = document.map(
  (at): Operation => ({
    verb: 'getDocument',
    label: `getDocument ${at.tenant}/${at.id}/${at.name}`,
    run: async (store) => {
      const answer = await store.getDocument(at.tenant, at.id, at.name)
      return { answer, hit: answer !== undefined }
    },
  }),
)
const dropDocument = document.map(
  (at): Operation => ({
    verb: 'dropDocument',
    label: `dropDocument ${at.tenant}/${at.id}/${at.name}`,
    run: async (store) => {
      const before = await store.getDocument(at.tenant, at.id, at.name)
      const answer = await store.dropDocument(at.tenant, at.id, at.name)
      return { answer, hit: before !== undefined }
    },
  }),
)

const place = fc.oneof(fc.constantFrom('0', '00', '1', 'a', 'a.1', 'ü', '.'), fc.constantFrom('0', 'a'))
const listKey = fc.record({
  list: fc.constantFrom('waitlist' as const, 'results' as const),
  tenant: fc.constantFrom('acme', 'acme-2'),
  id: fc.constantFrom('a', 'a:b'),
})
const entriesNow = (store: Store, at: ListKey) => store.entries(at, { limit: 100 })
const putEntry = fc.record({ key: listKey, at: place, value: json, forgetAt: fc.option(time, { nil: undefined }) }).map(
  ({ key, at, value, forgetAt }): Operation => ({
    verb: 'putEntry',
    label: `putEntry ${JSON.stringify(key)} ${at}`,
    run: async (store) => {
      const before = await entriesNow(store, key)
      await store.putEntry(key, { at, value }, forgetAt)
      return { answer: await entriesNow(store, key), hit: before.every((entry) => entry.at !== at) }
    },
  }),
)
const dropEntry = fc.record({ key: listKey, at: place }).map(
  ({ key, at }): Operation => ({
    verb: 'dropEntry',
    label: `dropEntry ${JSON.stringify(key)} ${at}`,
    run: async (store) => {
      const before = await entriesNow(store, key)
      await store.dropEntry(key, at)
      return { answer: await entriesNow(store, key), hit: before.some((entry) => entry.at === at) }
    },
  }),
)

const list = (verb: Operation['verb'], label: string, read: (store: Store) => Promise<readonly unknown[]>): Operation => ({
  verb,
  label,
  run: async (store) => {
    const answer = await read(store)
    return { answer, hit: answer.length > 0 }
  },
})

const range = { from: time, to: time, after: agendaPlace }
const attention = fc.constantFrom('failed' as const, 'conflicted' as const, 'waiting' as const, 'expired' as const)
const queryOf = (filters: { readonly [Field in keyof AgendaQuery]?: fc.Arbitrary<AgendaQuery[Field]> }) =>
  fc.record({ tenant, order, limit, ...filters }, { requiredKeys: ['tenant', 'order', 'limit'], noNullPrototype: true })
/** Often without a range, because most ranges contain no task. */
const agendaQuery: fc.Arbitrary<AgendaQuery> = fc.oneof(
  queryOf({}),
  queryOf(range),
  fc.record({ tenant, order, limit, attention }, { noNullPrototype: true }),
  queryOf({ ...range, attention }),
)
const agenda = agendaQuery.map((query) =>
  list(query.attention ? 'attention' : 'agenda', `agenda ${JSON.stringify(query)}`, (store) => store.agenda(query)),
)
const watched = fc
  .record(
    { until: time, after: fc.record({ at: time, kind: fc.constantFrom('task' as const, 'gate' as const), tenant, id }), limit },
    { requiredKeys: ['until', 'limit'], noNullPrototype: true },
  )
  .map((query) => list('watched', `watched ${JSON.stringify(query)}`, (store) => store.watched(query)))
const tenants = fc
  .record({ after: tenant, limit }, { requiredKeys: ['limit'], noNullPrototype: true })
  .map((query) => list('tenants', `tenants ${JSON.stringify(query)}`, (store) => store.tenants(query)))

const entries = fc
  .record(
    { key: listKey, query: fc.record({ after: place, order, limit }, { requiredKeys: ['limit'], noNullPrototype: true }) },
    { noNullPrototype: true },
  )
  .map(({ key, query }) => list('entries', `entries ${JSON.stringify({ key, query })}`, (store) => store.entries(key, query)))

/** Any operation. Writes are frequent, so that reads find something. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 2, arbitrary: agenda },
  { weight: 2, arbitrary: putEntry },
  ...[get, getTasks, putDocument, getDocument, dropDocument, dropEntry, entries, watched, tenants].map((arbitrary) => ({
    weight: 1,
    arbitrary,
  })),
)

/** Every verb of a store. `attention` is `agenda` on its other index. */
export const VERBS: readonly Operation['verb'][] = [
  'get',
  'put',
  'getTasks',
  'putDocument',
  'getDocument',
  'dropDocument',
  'putEntry',
  'dropEntry',
  'entries',
  'agenda',
  'attention',
  'watched',
  'tenants',
] satisfies readonly (keyof Store | 'attention')[]
