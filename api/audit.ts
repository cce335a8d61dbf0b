import type { AuditEntry } from '../core/audit.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal } from '../core/refusal.ts'
import { timePlace } from '../core/row/list.ts'
import type { Entry } from '../engine/world.ts'
import { type Call, endpoint } from './http/endpoint.ts'
import { readEntryCursor, writeEntryCursor } from './http/pagination.ts'
import { auditOf, auditPage, auditQuery } from './schemas/audit.ts'

/**
 * `GET /v1/audit`: the commands of callers, newest first. One request reads a bounded number of entries: with a rare filter a
 * page can be short or empty and still have a `nextCursor`.
 */
export const listAudit = endpoint({
  query: auditQuery,
  answers: { 200: auditPage },
  run: async ({ world, caller, query }) => {
    const { from, to, by, task, limit = LIMITS.listDefaultCount, cursor } = query
    const list = ['audit', caller.tenant, from, to, by, task]
    const start = cursor === undefined ? undefined : readEntryCursor(cursor, list)
    if (isRefusal(start)) return start
    const filter = { ...query, limit, after: start?.place ?? (to === undefined ? undefined : timePlace(to)) }
    const { entries, next } = await scanAudit(world.store, caller.tenant, filter)
    const nextCursor = next === undefined ? {} : { nextCursor: writeEntryCursor(next, list) }
    return { status: 200, body: { items: entries.map((entry) => auditOf(auditEntry(entry))), ...nextCursor } }
  },
})

const auditEntry = ({ value }: Entry): AuditEntry => value as AuditEntry

type AuditFilter = {
  readonly from?: number | undefined
  readonly by?: string | undefined
  readonly task?: string | undefined
  readonly limit: number
  readonly after: string | undefined
}

const scanAudit = async (
  store: Call['world']['store'],
  tenant: string,
  filter: AuditFilter,
): Promise<{ readonly entries: readonly Entry[]; readonly next?: string }> => {
  const entries: Entry[] = []
  const { from, limit } = filter
  let { after } = filter
  for (let read = 0; read < LIMITS.listScanCount; read += LIMITS.listPageCount) {
    const query = { order: 'latest', limit: LIMITS.listPageCount, ...(after ? { after } : {}) } as const
    const found = await store.entries({ list: 'audit', tenant, id: tenant }, query)
    for (const entry of found) {
      if (from !== undefined && auditEntry(entry).at < from) return { entries }
      if (entries.length === limit) return { entries, ...(after ? { next: after } : {}) }
      if (matches(auditEntry(entry), filter)) entries.push(entry)
      after = entry.at
    }
    if (found.length < LIMITS.listPageCount) return { entries }
  }
  return { entries, ...(after ? { next: after } : {}) }
}

const matches = (entry: AuditEntry, { by, task }: AuditFilter): boolean =>
  (by === undefined || entry.by === by || entry.by.startsWith(`${by} via `)) && (task === undefined || entry.task === task)
