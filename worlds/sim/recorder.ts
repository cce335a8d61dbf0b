import { defined } from '../../core/defined.ts'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import type { Json } from '../../core/row/json.ts'
import { keyText } from '../../core/row/key.ts'
import type { ListKey } from '../../core/row/list.ts'
import type { Nudge } from '../../core/row/nudge.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { Bus, Store } from '../../engine/world.ts'
import {
  type Change,
  type CreationRequest,
  documentKey,
  type EntryChange,
  type History,
  type Published,
  type Run,
  type UnreadableMessage,
  wakeupKey,
} from './history.ts'
import type { Trace } from './trace.ts'

/** Records what happens, for the checkers and for the trace. */
export type Recorder = {
  /** A row of any kind was written. */
  readonly row: (process: string, row: Row) => void
  /** An entry was put; without `value` it was dropped. */
  readonly entry: (process: string, list: ListKey, place: string, value?: Json) => void
  /** A handler started. The returned function records how it ended. */
  readonly started: (
    process: string,
    task: { tenant: string; id: string },
    attempt: number,
    input: Json,
  ) => (outcome: string) => void
  readonly processDied: (process: string) => void
  readonly processToldToStop: (process: string) => void
  /** A process got work, and is killed at this time. */
  readonly processInvoked: (process: string, deadlineAt: Instant) => void
  /** A nudge was sent to its lane. */
  readonly sent: (nudge: Nudge) => void
  readonly published: (events: readonly TaskEvent[]) => void
  readonly requested: (creation: Omit<CreationRequest, 'answeredIds'>) => void
  readonly answered: (mark: string, id: string) => void
  readonly unreadable: (body: string) => void
  /** A message of a row was moved to the dead-letter queue. */
  readonly poisoned: (key: string) => void
  readonly unexpected: (message: string) => void
  readonly document: (tenant: string, id: string, name: string, text: string) => void
  /** Adds a line to the trace and nothing to the history. */
  readonly traceLine: (line: string) => void
  /** The last written version of every row. */
  readonly rows: () => Iterable<Row>
  readonly history: (more: Pick<History, 'seed' | 'healedAt' | 'endedAt' | 'unsettled' | 'tenantLimit' | 'only'>) => History
}

/** Starts a recording. `now` is the true time, which no process sees. */
export const recorderOf = (now: () => Instant, trace: Trace): Recorder => {
  const rows = new Map<string, Row>()
  const changes = new Map<string, Change[]>()
  const entries = new Map<string, EntryChange[]>()
  const runs: { -readonly [Field in keyof Run]: Run[Field] }[] = []
  const published: Published[] = []
  const creations = new Map<string, CreationRequest & { readonly answeredIds: string[] }>()
  const unreadable: UnreadableMessage[] = []
  const poisoned: { readonly at: Instant; readonly key: string }[] = []
  const unexpected: { readonly at: Instant; readonly message: string }[] = []
  const documents = new Map<string, string>()
  const stops = new Map<string, Instant>()
  const deadlines = new Map<string, Instant>()
  const wakeups = new Map<string, number>()
  const traceLine = (line: string) => trace.add(`${now()} ${line}`)

  return {
    row: (process, after) => {
      const key = keyText(after)
      const change = { at: now(), process, after, ...defined({ before: rows.get(key) }) }
      rows.set(key, after)
      append(changes, after.kind, change)
      traceLine(`${process} wrote ${key} ${progressOf(after)}`)
    },
    entry: (process, { list, tenant, id }, place, value) => {
      append(entries, list, { at: now(), process, tenant, id, place, ...defined({ value }) })
      traceLine(`${process} ${value === undefined ? 'dropped' : 'put'} entry ${place} of ${list}/${tenant}/${id}`)
    },
    started: (process, { tenant, id }, attempt, input) => {
      const run: (typeof runs)[number] = {
        at: now(),
        process,
        tenant,
        id,
        attempt,
        input,
        ...defined({ deadlineAt: deadlines.get(process) }),
      }
      runs.push(run)
      traceLine(`${process} started attempt ${attempt} of ${tenant}/${id}`)
      return (outcome) => {
        run.endedAt = now()
        run.outcome = outcome
        traceLine(`${process} ended attempt ${attempt} of ${tenant}/${id}: ${outcome}`)
      }
    },
    processDied: (process) => {
      for (const run of runs) if (run.process === process && run.endedAt === undefined) run.endedAt = now()
      traceLine(`${process} died`)
    },
    processToldToStop: (process) => {
      stops.set(process, now())
      traceLine(`${process} was told to stop`)
    },
    processInvoked: (process, deadlineAt) => void deadlines.set(process, deadlineAt),
    sent: (nudge) => {
      if (nudge.unstored === undefined) wakeups.set(wakeupKey(nudge), (wakeups.get(wakeupKey(nudge)) ?? 0) + 1)
    },
    published: (events) => {
      for (const event of events) {
        published.push({ at: now(), event })
        traceLine(`published ${event.id} ${event.type}`)
      }
    },
    requested: (creation) => {
      if (!creations.has(creation.mark)) creations.set(creation.mark, { ...creation, answeredIds: [] })
    },
    answered: (mark, id) => void creations.get(mark)?.answeredIds.push(id),
    poisoned: (key) => void poisoned.push({ at: now(), key }),
    unreadable: (body) => void unreadable.push({ at: now(), body }),
    unexpected: (message) => void unexpected.push({ at: now(), message }),
    document: (tenant, id, name, text) => void documents.set(documentKey(tenant, id, name), text),
    traceLine,
    rows: () => rows.values(),
    history: (more) => ({
      ...more,
      changes,
      entries,
      runs,
      published,
      creations: [...creations.values()],
      unreadable,
      poisoned,
      unexpected,
      documents,
      stops,
      wakeups,
    }),
  }
}

const append = <Item>(lists: Map<string, Item[]>, name: string, item: Item): void => {
  const list = lists.get(name)
  if (list) list.push(item)
  else lists.set(name, [item])
}

/** Version, epoch and state of a row, as far as its kind has them. */
const progressOf = (row: Row): string => {
  const { version, epoch, state } = row as Row & { readonly epoch?: number; readonly state?: string }
  return Object.entries(defined({ version, epoch, state }))
    .map(([name, value]) => (name === 'state' ? value : `${name} ${value}`))
    .join(' ')
}

/** The store as one process uses it. Every write that took effect is recorded, beneath every fault. */
export const recordedStore = (store: Store, process: string, recorder: Recorder): Store => ({
  get: store.get,
  put: async (row, expected) => {
    const put = await store.put(row, expected)
    if (put.written) recorder.row(process, row)
    return put
  },
  getTasks: store.getTasks,
  putDocument: async (tenant, taskId, name, text, forgetAt) => {
    await store.putDocument(tenant, taskId, name, text, forgetAt)
    recorder.document(tenant, taskId, name, text)
  },
  getDocument: store.getDocument,
  dropDocument: store.dropDocument,
  putEntry: async (list, entry, forgetAt) => {
    await store.putEntry(list, entry, forgetAt)
    recorder.entry(process, list, entry.at, entry.value)
  },
  dropEntry: async (list, at) => {
    await store.dropEntry(list, at)
    recorder.entry(process, list, at)
  },
  entries: store.entries,
  agenda: store.agenda,
  watched: store.watched,
  tenants: store.tenants,
})

/** The bus. Every published event is recorded. */
export const recordedBus = (recorder: Recorder): Bus => ({
  publish: async (events) => recorder.published(events),
})
