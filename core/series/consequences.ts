import { auditEffect } from '../audit.ts'
import { defined } from '../defined.ts'
import type { Effect, Submit } from '../row/effect.ts'
import { timePlace } from '../row/list.ts'
import { wakeupChanges } from '../row/wakeups.ts'
import type { Open, SeriesRow } from './row.ts'

/** The effects of a committed change of a series. */
export const seriesConsequences = (before: SeriesRow | undefined, after: SeriesRow | undefined): readonly Effect[] => {
  if (!after) return []
  return [
    ...startedEffects(before, after),
    ...cancelEffects(before, after),
    ...wakeupChanges(before, after),
    ...occurrenceEntries(before, after),
    ...listEntry(before, after),
    ...auditSeries(after),
  ]
}

/** The runs that this change has started. */
export const startedRuns = (before: SeriesRow | undefined, after: SeriesRow): readonly Open[] => {
  const known = new Set(before?.open.map(({ task }) => task))
  return after.open.filter(({ task }) => !known.has(task))
}

const startedEffects = (before: SeriesRow | undefined, after: SeriesRow): readonly Submit[] =>
  startedRuns(before, after).map((run) => createTask(after, run))

/** The task starts at once. Its id follows from the series and the occurrence, so repeated submits create one task. */
const createTask = ({ tenant, id, task, updatedAt }: SeriesRow, { nominalAt, run, task: taskId }: Open): Submit => {
  const { expiresAfterMs, ...fields } = task
  return {
    kind: 'submit',
    key: { kind: 'task', tenant, id: taskId },
    command: {
      name: 'create',
      by: `series:${id}`,
      ...fields,
      ready: true,
      notBefore: 0,
      ...(expiresAfterMs === undefined ? {} : { expiresAt: updatedAt + expiresAfterMs }),
      series: { id, nominalAt, ...defined({ run }) },
    } as Submit['command'],
    creates: true,
    documents: documentOwner(id),
  }
}

/** The owner of the documents of a series. No task has such an id. */
export const documentOwner = (id: string): string => `series:${id}`

const cancelEffects = (before: SeriesRow | undefined, after: SeriesRow): readonly Submit[] => {
  const asked = new Set(before?.open.filter(({ cancelled }) => cancelled).map(({ task }) => task))
  const { tenant, id } = after
  return after.open
    .filter(({ cancelled, task }) => cancelled && !asked.has(task))
    .map(({ task }) => ({
      kind: 'submit',
      key: { kind: 'task', tenant, id: task },
      command: { name: 'cancel', by: `series:${id}` },
    }))
}

/** An entry for each started and each skipped occurrence. Its place names it, so a change that is relayed twice is listed once. */
const occurrenceEntries = (before: SeriesRow | undefined, after: SeriesRow): readonly Effect[] => {
  const { tenant, id, version, updatedAt, skipped = [] } = after
  const entries = [
    ...startedRuns(before, after).map(({ nominalAt, run, task }) => ({
      at: timePlace(nominalAt, task),
      value: { nominalAt, at: updatedAt, task, ...defined({ run }) },
    })),
    ...skipped.map((it) => ({ at: timePlace(it.from, version, it.reason), value: { ...it, at: updatedAt } })),
  ]
  return entries.length === 0
    ? []
    : [{ kind: 'appendEntries', list: { list: 'occurrences', tenant, id }, entries, since: updatedAt }]
}

/** The entry in the tenant's list of series. Without `since` it is kept; the deletion of the series sets it. */
const listEntry = (before: SeriesRow | undefined, after: SeriesRow): readonly Effect[] => {
  const isDeleted = after.state === 'deleted'
  if (before && (before.state === 'deleted') === isDeleted) return []
  const { tenant, id, updatedAt } = after
  const list = { list: 'allSeries', tenant, id: tenant } as const
  return [{ kind: 'appendEntries', list, entries: [{ at: id, value: id }], ...(isDeleted ? { since: updatedAt } : {}) }]
}

const auditSeries = ({ tenant, id, version, updatedAt, audited }: SeriesRow): readonly Effect[] =>
  audited ? [auditEffect(tenant, version, { at: updatedAt, series: id, ...audited })] : []
