import type { Bus, Store } from '../../engine/world.ts'
import type { Recorder } from './recorder.ts'

/** The store as one process uses it: what it writes is recorded, beneath every fault. */
export const recordedStore = (store: Store, process: string, recorder: Recorder): Store => ({
  get: store.get,
  put: async (row, expected) => {
    const put = await store.put(row, expected)
    if (put.written && row.kind === 'task') recorder.committed(process, row)
    if (put.written && row.kind === 'gate') recorder.gate(process, row)
    if (put.written && row.kind === 'operation') recorder.operation(process, row)
    if (put.written && row.kind === 'tenant') recorder.tenant(process, row)
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
    recorder.line(list, entry.at, true)
    recorder.told(list, entry)
  },
  dropEntry: async (list, at) => {
    await store.dropEntry(list, at)
    recorder.line(list, at, false)
  },
  entries: store.entries,
  agenda: store.agenda,
  watched: store.watched,
  tenants: store.tenants,
})

/** The bus, recorded. */
export const recordedBus = (recorder: Recorder): Bus => ({
  publish: async (events) => recorder.published(events),
})
