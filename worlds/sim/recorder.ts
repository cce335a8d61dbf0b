import { defined } from '../../core/defined.ts'
import type { GateRow } from '../../core/gate/row.ts'
import type { Instant } from '../../core/instant.ts'
import type { BulkOperation, BulkResult } from '../../core/operation/row.ts'
import type { Json } from '../../core/row/json.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { TenantRow } from '../../core/tenant/row.ts'
import type { Entry, ListKey } from '../../engine/world.ts'
import {
  type Change,
  type Commit,
  type CreationRequest,
  documentKey,
  gateName,
  type History,
  type LineMove,
  type Published,
  type Run,
  taskKey,
  type UnreadableMessage,
} from './history.ts'
import type { Trace } from './trace.ts'

/** Takes down what happens, for the checkers and for the trace. */
export type Recorder = {
  readonly committed: (process: string, row: TaskRow) => void
  readonly gate: (process: string, row: GateRow) => void
  readonly operation: (process: string, row: BulkOperation) => void
  readonly told: (list: ListKey, entry: Entry) => void
  readonly tenant: (process: string, row: TenantRow) => void
  readonly line: (list: ListKey, place: string, joins: boolean) => void
  /** A handler starts; answers how to say that it ended. */
  readonly started: (
    process: string,
    task: { tenant: string; id: string },
    attempt: number,
    input: Json,
  ) => (answer: string) => void
  readonly died: (process: string) => void
  readonly published: (events: readonly TaskEvent[]) => void
  readonly requested: (asked: Omit<CreationRequest, 'answeredIds'>) => void
  readonly answered: (mark: string, id: string) => void
  readonly unreadable: (body: string) => void
  readonly unexpected: (message: string) => void
  readonly document: (tenant: string, id: string, name: string, text: string) => void
  /** A line that only the trace keeps. */
  readonly note: (line: string) => void
  readonly history: (more: Pick<History, 'seed' | 'healedAt' | 'endedAt' | 'unsettled' | 'tenantLimit'>) => History
}

/** Starts taking down, with the true time of `now`. */
export const recorderOf = (now: () => Instant, trace: Trace): Recorder => {
  const commits: Commit[] = []
  const rows = new Map<string, TaskRow>()
  const gates: Change<GateRow>[] = []
  const controls: Change<TenantRow>[] = []
  const lines: LineMove[] = []
  const operations: Change<BulkOperation>[] = []
  const told = new Map<string, Map<string, BulkResult>>()
  const others = new Map<string, GateRow | TenantRow>()
  const runs: { -readonly [Field in keyof Run]: Run[Field] }[] = []
  const published: Published[] = []
  const asked = new Map<string, CreationRequest & { readonly answeredIds: string[] }>()
  const unreadable: UnreadableMessage[] = []
  const unexpected: { readonly at: Instant; readonly message: string }[] = []
  const documents = new Map<string, string>()
  const note = (line: string) => trace.add(`${now()} ${line}`)

  return {
    committed: (process, after) => {
      const { tenant, id, version, epoch, state, attempt } = after
      const before = rows.get(taskKey(after))
      rows.set(taskKey(after), after)
      commits.push({ at: now(), process, after, ...defined({ before }) })
      note(`${process} wrote ${tenant}/${id} version ${version} epoch ${epoch} ${state} attempt ${attempt}`)
    },
    gate: (process, after) => {
      const before = others.get(`gate/${gateName(after)}`) as GateRow | undefined
      others.set(`gate/${gateName(after)}`, after)
      gates.push({ at: now(), after, ...defined({ before }) })
      const inside = after.holders.map(({ task, reservedAt }) => (reservedAt === undefined ? task : `${task}?`)).join(' ')
      note(`${process} wrote gate ${gateName(after)} version ${after.version} [${inside}]${after.waitlist ? ' line' : ''}`)
    },
    operation: (process, after) => {
      const before = operations.findLast((change) => taskKey(change.after) === taskKey(after))?.after
      operations.push({ at: now(), after, ...defined({ before }) })
      note(`${process} wrote operation ${taskKey(after)} version ${after.version} ${after.state} page ${after.pagesCount}`)
    },
    told: ({ list, tenant, id }, { at, value }) => {
      if (list !== 'results') return
      const key = taskKey({ tenant, id })
      told.set(key, (told.get(key) ?? new Map()).set(at, value as BulkResult))
    },
    tenant: (process, after) => {
      const before = others.get(`tenant/${after.tenant}`) as TenantRow | undefined
      others.set(`tenant/${after.tenant}`, after)
      if (JSON.stringify(before?.controls) === JSON.stringify(after.controls)) return
      controls.push({ at: now(), after, ...defined({ before }) })
      note(`${process} wrote controls of ${after.tenant} ${JSON.stringify(after.controls ?? {})}`)
    },
    line: ({ list, tenant, id }, place, joins) => {
      if (list !== 'waitlist') return
      lines.push({ at: now(), gate: gateName({ tenant, id }), place, joins })
      note(`${place} ${joins ? 'joins' : 'leaves'} the line of ${tenant}/${id}`)
    },
    started: (process, { tenant, id }, attempt, input) => {
      const run: (typeof runs)[number] = { at: now(), process, tenant, id, attempt, input }
      runs.push(run)
      note(`${process} runs ${tenant}/${id} attempt ${attempt}`)
      return (answer) => {
        run.endedAt = now()
        run.outcome = answer
        note(`${process} ends ${tenant}/${id} attempt ${attempt}: ${answer}`)
      }
    },
    died: (process) => {
      for (const run of runs) if (run.process === process && run.endedAt === undefined) run.endedAt = now()
      note(`${process} dies`)
    },
    published: (events) => {
      for (const event of events) {
        published.push({ at: now(), event })
        note(`published ${event.id} ${event.type}`)
      }
    },
    requested: (wish) => {
      if (!asked.has(wish.mark)) asked.set(wish.mark, { ...wish, answeredIds: [] })
    },
    answered: (mark, id) => void asked.get(mark)?.answeredIds.push(id),
    unreadable: (body) => void unreadable.push({ at: now(), body }),
    unexpected: (message) => void unexpected.push({ at: now(), message }),
    document: (tenant, id, name, text) => void documents.set(documentKey(tenant, id, name), text),
    note,
    history: (more) => ({
      ...more,
      commits,
      gates,
      controls,
      lines,
      operations,
      told,
      runs,
      published,
      creations: [...asked.values()],
      unreadable,
      unexpected,
      documents,
    }),
  }
}
