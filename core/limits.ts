/**
 * Every bound in Carillon, by name. A number that limits something lives here or is a bug.
 *
 * Units are the last word of the name: `Ms`, `Bytes`, `Count`. The relations between bounds that keep
 * the system safe are asserted by `laneFaults` in `core/lanes.ts` and by `test/core/limits.test.ts`.
 */
export const LIMITS = {
  /** The longest delay that SQS takes on one message. Nearer wake-ups need no timer. Source: SQS quotas. */
  queueDelayMs: 900_000,
  /** EventBridge Scheduler fires within this time after the time asked for. Source: Scheduler user guide. */
  timerToleranceMs: 60_000,
  /** A schedule's name. Source: Scheduler API reference. */
  timerNameCount: 64,
  /** A schedule retries its delivery for at most this long (a day), and this often. Source: Scheduler API reference. */
  timerEventAgeMs: 86_400_000,
  timerRetryCount: 185,
  /** The longest visibility timeout. Source: SQS quotas. */
  queueVisibilityMs: 43_200_000,
  /** Messages in one receive of a standard queue, and the receives before it is dead. */
  queueBatchCount: 10,
  queueReceiveCount: 5,
  /** A message on a queue. Source: SQS quotas (1 MiB). */
  queueMessageBytes: 1_048_576,

  /** Payloads up to this size ride on the row; larger ones become documents beside it. */
  inlinePayloadBytes: 400,
  /** The largest input, output or step result. */
  payloadBytes: 262_144,
  /** A stored row or document with all that is on it. Source: DynamoDB quotas (an item is at most 400 KB). */
  rowBytes: 409_600,
  /** The place of an entry in an ordered list. Source: DynamoDB quotas (a sort key is 1 to 1,024 bytes). */
  entryPlaceBytes: 1_024,
  /** The largest request body: a batch of a hundred small tasks, or one task with the largest input and its wrapping. */
  requestBytes: 1_048_576,
  /** Tasks in one batch request. */
  batchCount: 100,
  /** Levels of lists and objects in a request body. */
  jsonDepthCount: 100,
  /** Entries of one batch request that are written side by side. */
  batchParallelCount: 10,
  /** Rows on each page that health looks at for the oldest overdue task, and pages: each halves the time that is left to search. */
  healthPageCount: 25,
  healthPagesCount: 12,
  /** What a caller is told to wait when the outside has failed. */
  retryAfterMs: 1_000,
  /** Rows that one list request may look at before it answers with a cursor. */
  listScanCount: 1_000,
  listPageCount: 100,
  listDefaultCount: 25,

  /** How far ahead a task may be asked for (ten years), and how long it may be told to stay unstarted. */
  horizonMs: 315_576_000_000,
  historyCount: 25,
  reasonCount: 200,
  errorCodeCount: 64,
  errorMessageCount: 1_000,
  tagsCount: 10,
  tagCount: 64,
  tenantCount: 64,
  taskIdCount: 48,
  typeCount: 64,
  idempotencyKeyCount: 255,

  /** What a task may be unique by, and the letters of a path into its input and of a debounce key. */
  uniqueByCount: 10,
  uniquePathCount: 200,
  debounceKeyCount: 255,
  /** How long a name waits for the task that it was written for: far longer than any request takes to create it. */
  uniqueCreationMs: 3_600_000,
  /** How long a unique key is remembered beyond the time of its task (a year). */
  uniqueKeepMs: 31_557_600_000,

  /** Attempts that may be asked for. */
  attemptsCount: 100,
  retryWaitMs: 604_800_000,
  /** Reruns of a job queue's policy, and the longest delay of its own before one. Source: Business Central's job queue. */
  rerunsCount: 10,
  rerunDelayMs: 3_600_000,
  /** Entries of a list of retriable errors, and the letters of a name or code in it. */
  retriableErrorsCount: 20,
  retriableNameCount: 128,
  /** Workers that may be lost under one task before it fails as `WorkerLost`, and the most that a policy may say instead. */
  lossesCount: 5,
  lossesMostCount: 20,
  /**
   * Messages of one task that may die on their queue before it fails as `DeadLettered`. The wait before the next wake-up
   * is four times the one before: half a minute, two, eight, half an hour, two hours. Together they outlast a bad morning.
   */
  redeliveriesCount: 5,
  redeliveryWaitMs: 30_000,
  /** Times that a task may put itself off (`snooze`) before it fails as `SnoozedTooOften`. */
  snoozesCount: 1_000,

  /** Places in one gate, starts that its rate looks back upon, and what a gate is called. */
  gateLimitCount: 100,
  gateRateCount: 100,
  gateRateMs: 86_400_000,
  gateRateLeastMs: 1_000,
  gateKeyCount: 100,
  /** How long a task that a gate has called may take to come before it is called again. */
  gateReservationMs: 120_000,
  /** How late a gate's wake-up may be before whoever comes by sends another. */
  gateOverdueMs: 10_000,
  /** How long beyond its lease a holder is believed, and how long after it was looked up a task may be claimed at the latest. */
  gateGraceMs: 60_000,
  gateClaimMs: 30_000,
  /** Tasks that are called from a line in one turn of its gate. */
  gateAdmitCount: 25,
  /** And where nobody is counted any more: a pause that is over lets all go on who have gathered meanwhile. */
  gateOpenAdmitCount: 100,
  /** Tasks that a gate or an operation tells side by side: half the connections that the SDK's clients keep open at once. */
  commandParallelCount: 25,
  /** How far behind those of high priority the others stand in line: so much later may a more important one come and still pass them. */
  normalHandicapMs: 600_000,
  lowHandicapMs: 1_800_000,
  /** Tries of one entering before the task joins the line instead. */
  gateTriesCount: 8,
  /** Tasks of a line that are looked at when somebody asks. */
  gateShownCount: 100,
  /** How long an empty gate is kept. */
  gateKeepMs: 86_400_000,
  /** When the sweep first looks whether a waiting task still stands in its line. Source: the job queue's recovery wake-up, 20 minutes ahead. */
  gateRecoveryMs: 1_200_000,
  /** How old an executor's knowledge of pauses and limits may be. */
  controlsStaleMs: 5_000,
  /** Scopes of one tenant of which something may be said. */
  controlsCount: 100,

  /** How often an executor looks whether the task that it runs is to be cancelled or has passed to another. */
  cancelCheckMs: 5_000,
  /** How long before its function is killed an attempt is interrupted, if its lane leaves so much: see `deadlineMarginMs`. */
  deadlineMarginMs: 5_000,
  /** The progress of an attempt is written no more often than this. */
  progressEveryMs: 5_000,
  progressTextCount: 500,
  countersCount: 20,
  counterNameCount: 64,
  /** What is kept of a thrown error's stack: V8 keeps ten frames, and most fit into a kilobyte with what is around them. */
  stackBytes: 2_048,

  /** Tasks that an operation tells in one page, and places on the agenda that it looks at for them at a time and in all. */
  operationPageCount: 100,
  operationReadCount: 100,
  operationScanCount: 1_000,
  /** Tasks that an operation tells in a minute unless it is asked to be slower, or faster; and the most that it may be asked for. */
  operationRateCount: 6_000,
  operationRateMs: 60_000,
  operationRateMostCount: 60_000,
  operationRateLeastMs: 1_000,
  operationRateMostMs: 86_400_000,
  /** What a page's message may be late without the next page being later for it: a queue delays by whole seconds, and the relay takes its time. */
  operationLateMs: 2_000,

  /** Tries of one load, decide and commit before the conflict is given back to the caller as a fault. */
  applyCount: 16,
  /** How long a wake-up may be overdue before the sweep takes it for lost. More than a queue's usual delay. */
  sweepGraceMs: 120_000,
  /** Rows of a page, and pages of one tenant's agenda in one sweep; the next sweep goes on where this one stopped. */
  sweepPageCount: 100,
  sweepPagesCount: 100,
  /**
   * Pages of the watch in one sweep. Only what is overdue is on them, or waits at a gate, and of that only what is to be looked
   * at by this very sweep: more than this is an outage by any measure.
   */
  watchPagesCount: 2_000,
  /** Tenants that are swept side by side. */
  sweepTenantsCount: 16,
  /** How often the sweep runs. */
  sweepEveryMs: 300_000,

  /**
   * What the `http` task keeps of a response's body. JSON can make six bytes out of one (`\u0000`), and six times this
   * still fits in a payload, so that no answer is too large to be an output.
   */
  httpBodyBytes: 32_768,
  /** Redirects that one `http` task follows, each checked like the first address. */
  httpRedirectsCount: 5,
  /** What is read of an answer of an administration API: a list of all operations, say. It is not kept. */
  adminAnswerBytes: 4_194_304,
  /** The most that `Retry-After` is believed, and the least. */
  httpRetryAfterMs: 86_400_000,
  httpRetryAfterLeastMs: 1_000,
  /** How long a task puts itself off when somebody throttles it who does not say for how long. */
  throttledMs: 5_000,
  /** How often a long operation of somebody else's is asked about. */
  pollMs: 60_000,
  /** By how much another service's clock may differ from ours. */
  clockSkewMs: 300_000,

  /** Parts that a tenant's agenda is written in: a part takes a thousand creations a second. Source: DynamoDB's partition limits. */
  agendaShardsCount: 4,
  /** Parts that the watched wake-ups of all tenants are written in: more creations a second than Scheduler takes (5,000). */
  watchShardsCount: 8,
  /** Items in one BatchGetItem, and tries until all have come. Source: DynamoDB API reference. */
  storeBatchCount: 100,
  storeTriesCount: 5,
  /** Events in one PutEvents. Source: EventBridge API reference. */
  busBatchCount: 10,
  /** Tries to delete a schedule that is still being made. */
  timerDisarmCount: 5,
  /** The wait before the second of such tries; it doubles with each. */
  storeRetryMs: 50,
  /** Reads of a stream for the changes of one dead batch; each may come back empty or with up to a thousand. */
  streamReadsCount: 100,
  /** How long a call to AWS may take to connect, and to be answered. A lost packet must not eat a function's whole time. */
  connectMs: 2_000,
  answerMs: 5_000,

  /** Requests a second to the HTTP API, and at once, unless the deployment says otherwise. */
  apiRatePerSecondCount: 500,
  apiBurstCount: 1_000,
  /** A request to the HTTP API. API Gateway's own bound is 30 s; an answer that takes longer than this is a fault. */
  apiTimeoutMs: 20_000,
  /** How long what could not be handled waits on a dead-letter queue: the most that SQS allows. */
  deadLetterKeepMs: 1_209_600_000,
  /** Stream records in one batch of the relay or the publisher, batches of one shard at once, and tries before the batch is dead. */
  relayBatchCount: 100,
  relayParallelCount: 4,
  relayTriesCount: 10,
  /** One run of the functions that are not executors: the relay and the publisher, the burier, the sweep. */
  relayTimeoutMs: 60_000,
  deadLettersTimeoutMs: 60_000,
  sweepTimeoutMs: 240_000,
  /** Function environments, which share what AWS allows an account: of the one that buries, on each queue. */
  deadLettersConcurrencyCount: 2,
  /** The longest that a function may run. Source: Lambda quotas. */
  functionTimeoutMs: 900_000,
  /** Concurrent executions that one queue's mapping may ask for. Source: Lambda's event source mapping quotas. */
  laneConcurrencyLeastCount: 2,
  laneConcurrencyMostCount: 1_000,
  /** Lanes of a deployment: with four queues more, an alarm on their dead letters watches the ten metrics that one alarm can. */
  lanesCount: 6,
  /** Names and values of a function's environment variables together. Source: Lambda quotas. */
  environmentBytes: 4_096,
  /** The map of IAM principals as JSON: half of the 4 KB that a function's environment variables may have. */
  principalsBytes: 2_048,
  /** What the alarms take for wrong: starts this late at the 99th percentile, messages and stream records this old. */
  latenessAlarmMs: 10_000,
  // Above the longest delay of a message, because a delayed message grows old while it waits as it should.
  backlogAlarmMs: 1_200_000,
  relayLagAlarmMs: 60_000,
  // Three sweeps.
  sweepSilentAlarmMs: 900_000,

  /**
   * How long a document stays after its row may have gone. DynamoDB's TTL deletes within days, in no order, and a task whose
   * output went first could not be shown.
   */
  documentMarginMs: 1_209_600_000,
  /** How long finished tasks are kept unless the deployment says otherwise (30 days). */
  retentionMs: 2_592_000_000,

  /** The test kit: real time that a handler gets before virtual time goes on without it, and virtual time until an expectation is given up. */
  testHandlerWaitMs: 1_000,
  testExpectWithinMs: 2_592_000_000,
} as const
