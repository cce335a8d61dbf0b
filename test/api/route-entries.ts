import type { OperationId } from '../../api/routes/index.ts'

/** `doomed` and `oldCalendar`: what only the route that deletes it uses. */
export type Kind =
  | ('task' | 'operation' | 'series' | 'doomed' | 'newSeries' | 'gate' | 'scope' | 'none')
  | ('calendar' | 'newCalendar' | 'oldCalendar')
/** How a route is called: the kind of the id in its path, its body, and the statuses for an own id. */
type Entry = { readonly of: Kind; readonly body?: object; readonly own: readonly number[] }

const COMMAND: Entry = { of: 'task', body: { reason: 'a test' }, own: [200, 409] }
export const SERIES = { type: 'work', input: { name: 'new', seconds: 1 }, recurrence: { rate: '10s' } }
export const TASK = { type: 'work', input: { name: 'new', seconds: 1 }, delay: '1h' }

/** A route without an entry does not compile. */
export const ENTRIES: Readonly<Record<OperationId, Entry>> = {
  createTask: { of: 'none', body: TASK, own: [201] },
  createTasks: { of: 'none', body: { tasks: [TASK, { type: 'gone', input: 1 }] }, own: [200] },
  listTasks: { of: 'none', own: [200] },
  getTask: { of: 'task', own: [200] },
  hasTask: { of: 'task', own: [200] },
  listAttempts: { of: 'task', own: [200] },
  explainTask: { of: 'task', own: [200] },
  readyTask: COMMAND,
  holdTask: COMMAND,
  rescheduleTask: { ...COMMAND, body: { notBefore: '2027-01-01T00:00:00Z' } },
  cancelTask: COMMAND,
  redriveTask: COMMAND,
  resumeTask: COMMAND,
  startOperation: { of: 'none', body: { action: 'cancel', filter: { tag: 'no-such-tag' }, reason: 'a test' }, own: [202] },
  listOperations: { of: 'none', own: [200] },
  getOperation: { of: 'operation', own: [200] },
  listResults: { of: 'operation', own: [200] },
  abortOperation: { of: 'operation', body: { reason: 'a test' }, own: [200, 409] },
  createSeries: { of: 'none', body: SERIES, own: [201] },
  listSeries: { of: 'none', own: [200] },
  putSeries: { of: 'newSeries', body: SERIES, own: [200, 201] },
  getSeries: { of: 'series', own: [200] },
  patchSeries: { of: 'series', body: { description: 'a test' }, own: [200] },
  deleteSeries: { of: 'doomed', own: [200, 404] },
  pauseSeries: { of: 'series', body: { reason: 'a test' }, own: [200] },
  resumeSeries: { of: 'series', body: { reason: 'a test' }, own: [200] },
  triggerSeries: { of: 'series', body: { overlap: 'allow' }, own: [202] },
  backfillSeries: { of: 'series', body: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', dryRun: true }, own: [200] },
  nextOccurrences: { of: 'series', own: [200] },
  listOccurrences: { of: 'series', own: [200] },
  explainSeries: { of: 'series', own: [200] },
  previewSeries: { of: 'none', body: { recurrence: { cron: '0 9 * * *' } }, own: [200] },
  listDeadLetters: { of: 'none', own: [200] },
  listAudit: { of: 'none', own: [200] },
  listTaskTypes: { of: 'none', own: [200] },
  listControls: { of: 'none', own: [200] },
  pauseScope: { of: 'scope', body: { reason: 'a test' }, own: [200] },
  resumeScope: { of: 'scope', body: { reason: 'a test' }, own: [200] },
  limitScope: { of: 'scope', body: { concurrency: 5, reason: 'a test' }, own: [200] },
  getGate: { of: 'gate', own: [200] },
  listCalendars: { of: 'none', own: [200] },
  getCalendar: { of: 'calendar', own: [200] },
  putCalendar: { of: 'newCalendar', body: { dates: ['2026-12-25'] }, own: [200, 201] },
  deleteCalendar: { of: 'oldCalendar', own: [204, 404] },
  getHealth: { of: 'none', own: [200] },
  getOpenApi: { of: 'none', own: [200] },
}
