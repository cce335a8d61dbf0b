/**
 * Imports: series from a job queue entry of Business Central, from a schedule of EventBridge Scheduler, and from a crontab. Each
 * answers bodies of `PUT /v1/series/{id}`, and a list of everything that they do not have.
 */
export { type CrontabOptions, readCrontab } from './crontab.ts'
export { readEventBridgeSchedule, type ScheduleOptions } from './event-bridge.ts'
export { type JobQueueOptions, readJobQueueEntry } from './job-queue-entry.ts'
export type { Imported, ImportedSeries, NotCarried } from './report.ts'
