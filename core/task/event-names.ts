/** What can happen to a task, in the past tense, and what each one says. The one list behind log lines, metrics, events and the docs. */
export const taskEvents = {
  created: 'it exists: scheduled, or pending when it is not ready',
  'failure-task-created': 'it exists, and handles the failure of `failureOf`',
  quarantined: 'it exists, and holds a message that nobody could read',
  ready: 'a pending task may run at its time',
  rescheduled: 'it has another time',
  amended: 'a later request has replaced its input or its time',
  held: 'it does not run until it is made ready',
  blocked: 'it was due, and a gate on its way was busy',
  admitted: 'the gate has let it in',
  started: 'an attempt has begun',
  retried: 'an attempt has failed, and there will be another one',
  snoozed: 'it has put itself off',
  waiting: 'it waits for a signal',
  resumed: 'the signal has come',
  rearmed: 'a message or a worker of it was lost, and it is woken again',
  'cancel-requested': 'its worker has been asked to stop',
  succeeded: 'it is done',
  failed: 'it has failed, and there will be no further attempt',
  conflicted: 'something else was in its way',
  cancelled: 'it was cancelled',
  expired: 'it was not started in time',
  skipped: 'it was rightly left out',
  redriven: 'it has been given a fresh start',
  removed: 'its retention is over, and the store has forgotten it',
} as const satisfies Readonly<Record<string, string>>

/** The name of something that happened to a task. */
export type TaskEventName = keyof typeof taskEvents
