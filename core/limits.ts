/**
 * Every bound in Carillon, by name. A bound anywhere else is a bug.
 *
 * The last word of a name is its unit: `Ms`, `Bytes`, or `Count` (of things, characters or levels). `laneFaults` in
 * `core/lanes.ts` and `test/core/limits.test.ts` assert the relations between bounds that keep the system safe.
 */
export const LIMITS = {
  /** The longest delay of one message; a nearer wake-up needs no timer. Source: SQS quotas. */
  queueDelayMs: 900_000,
  /** A timer fires within this time after its instant. Source: EventBridge Scheduler user guide. */
  timerToleranceMs: 60_000,
  /** The timers of one time are spread over this period before it. With `timerToleranceMs` it makes `queueDelayMs`. */
  timerSpreadMs: 840_000,
  /** Characters of a schedule's name. Source: EventBridge Scheduler API reference. */
  timerNameCount: 64,
  /** The longest time for which a schedule retries its delivery (a day). Source: EventBridge Scheduler API reference. */
  timerEventAgeMs: 86_400_000,
  /** The most retries of a schedule's delivery. Source: EventBridge Scheduler API reference. */
  timerRetryCount: 185,
  /** The longest visibility timeout. Source: SQS quotas. */
  queueVisibilityMs: 43_200_000,
  /** Messages in one receive of a standard queue. Source: SQS quotas. */
  queueBatchCount: 10,
  /**
   * Deliveries of a message before it becomes a dead letter. A delivery that Lambda throttles counts too, so this is hours of
   * throttling (75 s each, 5 h 12 min, on the short lanes), and not the budget of lost workers: that is `lossesCount`.
   */
  queueReceiveCount: 250,
  /** How long a lane's queue keeps a message (4 days), the default of SQS. */
  queueKeepMs: 345_600_000,
  /** One message (1 MiB). Source: SQS quotas. */
  queueMessageBytes: 1_048_576,

  /** A payload up to this size is on the row, a larger one is a document: so a row with input and output stays below 1 KB. */
  inlinePayloadBytes: 400,
  /** One input, output or step result. */
  payloadBytes: 262_144,
  /** The given input of a failure task: a fourth of a payload, so that a failure fits beside it. */
  failureInputBytes: 65_536,
  /** One stored row or document (400 KB). Source: DynamoDB quotas. */
  rowBytes: 409_600,
  /** The position of an entry in an ordered list, a sort key. Source: DynamoDB quotas (1 to 1,024 bytes). */
  entryPlaceBytes: 1_024,
  /** One request body: a batch of a hundred small tasks, or one task with the largest input. */
  requestBytes: 1_048_576,
  /** Tasks in one batch request. */
  batchCount: 100,
  /** Levels of nested lists and objects in a request body. */
  jsonDepthCount: 100,
  /** Entries of one batch request that are written at the same time. */
  batchParallelCount: 10,
  /** Rows on one page when health searches for the oldest overdue task. */
  healthPageCount: 25,
  /** Pages of that search. Each page halves the remaining time range. */
  healthPagesCount: 12,
  /** The `Retry-After` of an answer after a fault. */
  retryAfterMs: 1_000,
  /** Rows that one list request reads before it answers with a cursor. */
  listScanCount: 1_000,
  /** Entries on one page of a list, at most. */
  listPageCount: 100,
  /** Entries on one page of a list, by default. */
  listDefaultCount: 25,

  /** How far ahead a task may be due, and the longest `expiresAfter` (ten years). */
  horizonMs: 315_576_000_000,
  /**
   * Open far tasks of one tenant (see `isFarTask`), by default: a tenth of the timers that EventBridge Scheduler keeps for an
   * account (10 million). The number is estimated from a sample, so a task is refused at this number give or take a tenth.
   */
  farTasksCount: 1_000_000,
  /** The least setting of that bound: the sample is about a hundred tasks then, and the estimate three tenths off at most. */
  farTasksLeastCount: 100_000,
  /** The largest setting of that bound. */
  farTasksMostCount: 100_000_000,
  /** One far task in so many is in the sample. */
  farSampleCount: 1_024,
  /** How long an estimate is used at most. */
  farEstimateMs: 60_000,
  /** Occurrences in one preview, at most. */
  previewCount: 100,
  /** Occurrences in one preview, by default. */
  previewDefaultCount: 10,
  /** Reasons beside one occurrence of a preview for times that were left out before it. */
  previewReasonsCount: 10,
  /** Searches of one preview: more than its occurrences, because a search ends at `recurrenceStepsCount`. */
  previewSearchesCount: 200,
  /** Characters of a cron expression. */
  cronCount: 256,
  /** Years that one search of a cron expression looks at: 29 February falls on one weekday every 40 years around 2100. */
  cronYearsCount: 41,
  /** Characters of a recurrence rule (RFC 5545), with its lines for DTSTART, EXDATE and RDATE. */
  rruleCount: 4_000,
  /** COUNT of a recurrence rule: its last occurrence is found by counting from the first. */
  rruleCountCount: 10_000,
  /** Periods (years, months, days, minutes) that one search of a recurrence rule looks at. */
  rrulePeriodsCount: 10_000,
  /** Times of one period from which BYSETPOS selects. */
  rruleTimesCount: 10_000,
  /** Periods that the search for the last occurrence of a rule with COUNT looks at. */
  rruleCountPeriodsCount: 100_000,
  /** Recurrences that are kept in memory, ready to be searched. */
  recurrencesReadyCount: 1_000,
  /** INTERVAL of a recurrence rule. */
  rruleIntervalCount: 100_000,
  /** Years that one search of a recurrence rule looks at: every seventh year has a 29 February every 28 years. */
  rruleYearsCount: 100,
  /** Times of a recurrence `at`, and entries of `exdates` and `rdates` each. */
  recurrenceTimesCount: 100,
  /** The shortest period of a rate. */
  ratePeriodMs: 1_000,
  /** Times that one search for an occurrence looks at; a longer search goes on where this one ended. */
  recurrenceStepsCount: 2_000,
  /** Time zones that are kept in memory; the tz database has some 600 names. */
  zonesCount: 1_000,
  /** Days of one time zone whose offsets are kept in memory. */
  zoneDaysCount: 2_000,
  /** The longest jitter, and the longest spread, of a series (a day). */
  spreadMs: 86_400_000,
  /** Minutes between two runs of a job queue's recurrence (ten years, as `horizonMs`). */
  jobQueueMinutesCount: 5_259_600,
  /** Characters of a date formula. Business Central's own fields take 20 to 32. */
  dateFormulaCount: 100,
  /** The largest number in a date formula. Source: Business Central, *Work with calendar dates and times*. */
  dateFormulaNumberCount: 9_999,
  /** Days on which a date formula is tried until it leads past the end of a run: a week 53 comes after at most seven years. */
  dateFormulaDaysCount: 3_000,
  /** Dates in the exclusion of one series: they are on its row, which each occurrence writes. */
  excludedDatesCount: 50,
  /** Entries of excluded hours of one series. */
  excludedHoursCount: 20,
  /** Calendars that one series names. */
  excludedCalendarsCount: 5,
  /** Steps from one excluded time to the next one in a search for an allowed time: three years of excluded dates. */
  exclusionStepsCount: 1_100,
  /** Dates of a calendar: its row stays far below `rowBytes`. */
  calendarDatesCount: 1_000,
  /** Characters of a calendar's name. */
  calendarNameCount: 64,
  /** Characters of the name of a holiday. */
  holidayCount: 64,
  /** Entries of a task's history. */
  historyCount: 25,
  /** Characters of a reason. */
  reasonCount: 200,
  /** Characters of an error's code. */
  errorCodeCount: 64,
  /** Characters of an error's message. */
  errorMessageCount: 1_000,
  /** Tags of one task. */
  tagsCount: 10,
  /** Characters of a tag. */
  tagCount: 64,
  /** Characters of a tenant's name. */
  tenantCount: 64,
  /** Characters of a task's id: within `timerNameCount` it leaves room for the epoch. */
  taskIdCount: 48,
  /** Characters of a task type's name. */
  typeCount: 64,
  /** Characters of an idempotency key. */
  idempotencyKeyCount: 255,

  /** Entries of `unique.by`. */
  uniqueByCount: 10,
  /** Characters of a JSON pointer in `unique.by`. */
  uniquePathCount: 200,
  /** Characters of a debounce key. */
  debounceKeyCount: 255,
  /** How long a unique key waits for the creation of its task: far longer than any request takes. */
  uniqueCreationMs: 3_600_000,
  /** How long a unique key is kept after the time of its task (a year). */
  uniqueKeepMs: 31_557_600_000,

  /** Attempts of a retry policy. */
  attemptsCount: 100,
  /** One wait of a retry policy (a week). */
  retryWaitMs: 604_800_000,
  /** Reruns of the `job-queue` policy. Source: Business Central's job queue. */
  rerunsCount: 10,
  /** The rerun delay of the `job-queue` policy. Source: Business Central's job queue. */
  rerunDelayMs: 3_600_000,
  /** Entries of a list of retriable errors. */
  retriableErrorsCount: 20,
  /** Characters of a name or code in that list. */
  retriableNameCount: 128,
  /** Lost workers of one task before it fails as `WorkerLost`, by default. */
  lossesCount: 5,
  /** The largest `losses` of a retry policy. */
  lossesMostCount: 20,
  /** Interruptions of one task (by stops of processes, or by a store that takes no result) before a further one counts as lost. */
  interruptionsCount: 100,
  /** Redeliveries of one task before it fails as `DeadLettered`. Their waits add up to 2 h 50 min, to outlast an outage. */
  redeliveriesCount: 5,
  /** The wait before the first redelivery; each further wait is four times as long: 30 s, 2 min, 8 min, 32 min, 2 h 8 min. */
  redeliveryWaitMs: 30_000,
  /** Snoozes of one task before it fails as `SnoozedTooOften`. */
  snoozesCount: 1_000,
  /** The shortest snooze; a shorter one is made this long. So `snoozesCount` snoozes take at least a quarter of an hour. */
  snoozeLeastMs: 1_000,
  /** The longest delay that a handler may return: of a snooze, a wait or a retry (ten years, as `horizonMs`). */
  snoozeMostMs: 315_576_000_000,

  /** The largest `limit` of a gate, so that the holders fit on its row. */
  gateLimitCount: 100,
  /** The largest `count` of a gate's rate, so that the starts fit on its row. */
  gateRateCount: 100,
  /** The longest period of a gate's rate (a day). */
  gateRateMs: 86_400_000,
  /** The shortest period of a gate's rate. */
  gateRateLeastMs: 1_000,
  /** Characters of a gate's key. */
  gateKeyCount: 100,
  /** How long an admitted task may take to start before it is admitted again. */
  gateReservationMs: 120_000,
  /** How overdue a gate's wake-up may be before the next command arms another. */
  gateOverdueMs: 10_000,
  /** How long beyond its lease a holder keeps its place. */
  gateGraceMs: 60_000,
  /** How long after its gates were acquired a task may be claimed at the latest. */
  gateClaimMs: 30_000,
  /** Tasks that one dispatch admits at a gate with limits. */
  gateAdmitCount: 25,
  /** Tasks that one dispatch admits at a gate without limits: after a pause all waiting tasks may start. */
  gateOpenAdmitCount: 100,
  /** Tasks that a gate or a bulk operation commands at the same time: half the connections that an AWS SDK client keeps open. */
  commandParallelCount: 25,
  /** By how much priority `normal` moves a task back on the waitlist: a `high` task that arrives within it goes first. */
  normalHandicapMs: 600_000,
  /** The same for priority `low`. */
  lowHandicapMs: 1_800_000,
  /** Tries of one acquire before the task joins the waitlist. */
  gateTriesCount: 8,
  /** Waiting tasks that one API request counts and shows. */
  gateShownCount: 100,
  /** Lost races for the row of a gate after which the next try begins at once. */
  gateLostAtOnceCount: 2,
  /** The longest wait after the next lost race; it doubles with each further one. About the time of two requests to DynamoDB. */
  gateBackOffMs: 20,
  /** The longest wait between two tries. All waits of one change take at most 2.3 s together. */
  gateBackOffMostMs: 200,
  /** How long an empty gate is kept. */
  gateKeepMs: 86_400_000,
  /** When the sweep first checks that a blocked task is on its waitlist. Source: the job queue's recovery, 20 minutes ahead. */
  gateRecoveryMs: 1_200_000,
  /** The age at which an executor reads pauses and limits again. */
  controlsStaleMs: 5_000,
  /** Scopes of one tenant that have a control. */
  controlsCount: 100,

  /** How often an executor checks whether its task was cancelled or claimed by another worker. */
  cancelCheckMs: 5_000,
  /** How long before the end of its function an attempt is interrupted, if its lane leaves that much: see `deadlineMarginMs`. */
  deadlineMarginMs: 5_000,
  /** The end of the grace of an orderly stop: attempts that still run are interrupted this long before it, to store that. */
  stopCommitMs: 1_000,
  /** The wait before the second try of a write that the store refused; it doubles with each try. */
  persistLeastMs: 200,
  /** The longest such wait. */
  persistMostMs: 4_000,
  /** How long before the end of its time such a write, or a claim, is tried for the last time. */
  lastTryMs: 500,
  /** How long after a result could not be stored its attempt is interrupted: before its lease ends. */
  unstoredWaitMs: 5_000,
  /** How long the store is tried for that interruption, before its message becomes visible again. */
  unstoredTryMs: 45_000,
  /** The shortest time between two writes of an attempt's progress. */
  progressEveryMs: 5_000,
  /** Characters of a progress text. */
  progressTextCount: 500,
  /** Counters of one progress. */
  countersCount: 20,
  /** Characters of a counter's name. */
  counterNameCount: 64,
  /** Local world: how often a thread of handlers is checked. */
  threadCheckMs: 250,
  /** Threads of handlers: one, and one more for each that is blocked. */
  threadsCount: 8,
  /** Checks without an answer after which an attempt beside the blocking one is held up: its timeout does not count. */
  threadHeldUpCount: 2,
  /** Checks without an answer after which a thread gets no further attempts, and is ended if its blocking attempt is over. */
  threadSilentCount: 4,
  /** Checks without an answer after which the attempts beside the blocking one are interrupted. */
  threadInterruptCount: 12,
  /** Checks without an answer after which a thread is ended although no blocking attempt is known. */
  threadGiveUpCount: 20,
  /** Characters of one text in a log line. */
  toldTextCount: 8_192,
  /** Characters of all names and texts in a log line: a line stays far below one event of CloudWatch Logs (256 KB). */
  toldLineCount: 32_768,
  /** Entries of one list or object in a log line. */
  toldItemsCount: 100,
  /** Levels of nested lists and objects in a log line. */
  toldDepthCount: 8,
  /** The stored part of an error's stack: V8 keeps ten frames, and most stacks fit into 1 KB. */
  stackBytes: 2_048,

  /** Tasks that a bulk operation commands in one page. */
  operationPageCount: 100,
  /** Tasks that it reads from the agenda at a time. */
  operationReadCount: 100,
  /** Tasks that it reads from the agenda for one page. */
  operationScanCount: 1_000,
  /** Tasks that it commands in a minute, by default. */
  operationRateCount: 6_000,
  /** The period of that default. */
  operationRateMs: 60_000,
  /** The largest `count` of a bulk operation's rate. */
  operationRateMostCount: 60_000,
  /** The shortest period of its rate. */
  operationRateLeastMs: 1_000,
  /** The longest period of its rate (a day). */
  operationRateMostMs: 86_400_000,
  /** A page this late does not delay the next one: a queue delays by whole seconds, and the relay takes time. */
  operationLateMs: 2_000,

  /** Tries of one load, decide and commit before the write conflict is a fault for the caller. */
  applyCount: 16,
  /** Characters of the id of a series, which its caller chooses. */
  seriesIdCount: 64,
  /** Characters of the id of a trigger or a backfill. It is part of the id of a task. */
  runIdCount: 14,
  /** Decisions of a series in one commit. A series with more to decide goes on at once. */
  seriesStepCount: 1_000,
  /** Tasks of a series that have not ended, with the overlap policy `allow`. They are on the row of the series. */
  seriesOpenCount: 100,
  /** Occurrences that wait in the buffer of a series. They are on its row. */
  seriesBufferCount: 100,
  /** Schedules before edits whose occurrences are still to be made. They are on the row of the series. */
  seriesEarlierCount: 20,
  /** An occurrence that is later than this is missed: the catch-up policy decides about it. */
  seriesGraceMs: 60_000,
  /** The longest grace, catch-up window and cool-down of a series. */
  seriesPeriodMs: 31_622_400_000,
  /** Failures in a row after which a series cools down; at most. */
  seriesFailuresCount: 1_000,
  /** Occurrences of one backfill. */
  backfillCount: 10_000,
  /** Characters of the description of a series. */
  descriptionCount: 500,
  /** The default window of the catch-up policy `all`. */
  seriesCatchUpMs: 86_400_000,
  /** The time between two late occurrences, or two of a backfill, with the overlap policy `allow`. */
  seriesPaceMs: 1_000,
  /** How overdue a wake-up must be before the sweep takes it for lost: longer than the usual delay of a queue. */
  sweepGraceMs: 120_000,
  /** Places on one page of a sweep. */
  sweepPageCount: 1_000,
  /** How long a sweep begins new work; the next sweep continues. The rest of `sweepTimeoutMs` is for the work that it has begun. */
  sweepWorkMs: 180_000,
  /** How long one visit of a tenant's agenda lasts, before other tenants have their turn. */
  sweepVisitMs: 20_000,
  /** How often a running sweep stores its progress over the tenants. */
  sweepSaveMs: 60_000,
  /** Wake-ups of one lane that a sweep sends again, whatever waits on the lane: few enough not to lengthen a backlog. */
  sweepCopiesCount: 100,
  /** A lane with more waiting messages than this has a backlog, and the sweep sends no further copies to it. */
  sweepBacklogCount: 1_000,
  /** Tenants that are swept at the same time. */
  sweepTenantsCount: 16,
  /** Tenants that the sweep reads at a time. */
  sweepTenantsPageCount: 100,
  /**
   * How long after the latest task the sweep visits a tenant at least. Longer: more visits of tenants that have become idle.
   * Shorter: the row of a busy tenant is written more often. The reach of a message, because near tasks are due that far ahead.
   */
  tenantVisitedMs: 900_000,
  /** How often the sweep runs. */
  sweepEveryMs: 300_000,

  /** The kept part of an `http` task's response. JSON writes a byte as up to six (`\u0000`), and six times this fits in an output. */
  httpBodyBytes: 32_768,
  /** Redirects that one `http` task follows. Each is checked like the first address. */
  httpRedirectsCount: 5,
  /** The read part of an answer of an administration API, such as a list of all operations. It is not kept. */
  adminAnswerBytes: 4_194_304,
  /** The longest `Retry-After` that is honoured. */
  httpRetryAfterMs: 86_400_000,
  /** The shortest `Retry-After` that is honoured. */
  httpRetryAfterLeastMs: 1_000,
  /** The snooze of a task whose service throttles it without a `Retry-After`. */
  throttledMs: 5_000,
  /** How often a task polls a long operation of another service. */
  pollMs: 60_000,
  /** By how much the clock of another service may differ from ours. */
  clockSkewMs: 300_000,

  /** Write units that one partition of a table or an index takes in a second. Source: DynamoDB's partition limits. */
  partitionWritesCount: 1_000,
  /** Read units of one partition in a second. Source: the same. */
  partitionReadsCount: 3_000,
  /** Write units of a table on demand in a second, by default. Source: DynamoDB quotas. */
  tableWritesCount: 40_000,

  /** Tasks of one tenant that may be created, or may end, in a second. The shards below are made for it. */
  tenantTasksPerSecondCount: 5_000,
  /**
   * Shards of one tenant's agenda. `tenantTasksPerSecondCount` new tasks that all fail, each with a failure task, are 625 units
   * for each shard; the rest is for the unevenness of a hash, and for tasks that are rescheduled, which cost two units.
   */
  agendaShardsCount: 16,
  /** Shards of one tenant's failed tasks, and of the conflicted, waiting and expired ones. As many failures fill them as much. */
  attentionShardsCount: 8,
  /**
   * Shards of an ordered list beside a row. As many entries fill them as much: each command of a bulk operation is audited.
   * It may never be changed, because the place of an entry names its shard, and an entry is dropped there.
   */
  listShardsCount: 8,
  /**
   * Shards of the watch, which is one list for all tenants. A tenant that retries `tenantTasksPerSecondCount` tasks writes
   * four units for each, so the watch is made for all that the table takes: `tableWritesCount` is 625 units for each shard.
   */
  watchShardsCount: 64,
  /**
   * Shards of the list of tenants that the sweep visits. A tenant enters it with its first task after a while, and leaves it
   * later; each time its row is written too, so `tableWritesCount` allows 20,000 such writes in a second.
   */
  tenantShardsCount: 32,
  /**
   * Tasks that one bulk operation may command in a second: a page each tenth of a second, about as fast as one page after
   * another can be. Its own row is written twice for each page, with up to 28 units.
   */
  operationPerSecondCount: 1_000,
  /** Lists of refused timers, each in `listShardsCount` shards: together they take `tenantTasksPerSecondCount` entries and their ends. */
  unarmedShardsCount: 2,
  /** Entries that the sweep reads from one shard of that list at a time. */
  unarmedPageCount: 1_000,

  /** Items in one BatchGetItem. Source: DynamoDB API reference. */
  storeBatchCount: 100,
  /** Tries until a BatchGetItem has answered all items. */
  storeTriesCount: 5,
  /** Events in one PutEvents. Source: EventBridge API reference. */
  busBatchCount: 10,
  /** Tries to delete a schedule whose creation is still in progress. */
  timerDisarmCount: 5,
  /** The wait before the second try of a BatchGetItem or of a schedule's deletion; it doubles with each try. */
  storeRetryMs: 50,
  /** Reads of a stream for the changes of one dead batch; one read answers none or up to a thousand. */
  streamReadsCount: 100,
  /** How long a call to AWS may take to connect: a lost packet must not use up the time of a function. */
  connectMs: 2_000,
  /** How long a call to AWS may take to answer, for the same reason. */
  answerMs: 5_000,

  /** Requests a second to the HTTP API, by default. */
  apiRatePerSecondCount: 500,
  /** Burst of requests to the HTTP API, by default. */
  apiBurstCount: 1_000,
  /** One request to the HTTP API; a slower answer is a fault. It is below API Gateway's own bound of 30 s. */
  apiTimeoutMs: 20_000,
  /** How long before the end of its function a request is answered with a fault: four tries of one call to AWS take all its time. */
  apiMarginMs: 2_000,
  /** How long a dead letter is kept (14 days), the most that SQS allows. Source: SQS quotas. */
  deadLetterKeepMs: 1_209_600_000,
  /** Stream records in one batch of the relay or the publisher. */
  relayBatchCount: 100,
  /** Batches of one shard that are relayed at the same time. */
  relayParallelCount: 4,
  /** Tries before a batch becomes a dead letter. */
  relayTriesCount: 10,
  /** Function timeout of the relay and the publisher. */
  relayTimeoutMs: 60_000,
  /** Function timeout of the dead-letters function. */
  deadLettersTimeoutMs: 60_000,
  /** Function timeout of the sweep. */
  sweepTimeoutMs: 240_000,
  /** Concurrent executions of the dead-letters function per queue: all functions share the concurrency of the AWS account. */
  deadLettersConcurrencyCount: 2,
  /** The longest function timeout. Source: Lambda quotas. */
  functionTimeoutMs: 900_000,
  /** The least maximum concurrency of an event source mapping. Source: Lambda's event source mapping quotas. */
  laneConcurrencyLeastCount: 2,
  /** The largest maximum concurrency of an event source mapping. Source: the same. */
  laneConcurrencyMostCount: 1_000,
  /** Lanes of a deployment: the queues of more lanes would not fit into `environmentBytes`. */
  lanesCount: 6,
  /** Concurrent executions of an account and region, by default; a new account can have 10. Source: Lambda quotas. */
  accountConcurrencyCount: 1_000,
  /** Executions that no reservation may take. Source: Lambda developer guide, reserved concurrency. */
  unreservedConcurrencyCount: 100,
  /** Names and values of a function's environment variables together (4 KB). Source: Lambda quotas. */
  environmentBytes: 4_096,
  /** The map of IAM principals as JSON: half of `environmentBytes`. */
  principalsBytes: 2_048,
  /** Alarm: starts later than this at the 99th percentile. */
  latenessAlarmMs: 10_000,
  /** Alarm: more answers 5xx than this in five minutes. A caller repeats a single fault. */
  apiFaultsAlarmCount: 4,
  /** Alarm: the oldest stream record is older than this. */
  relayLagAlarmMs: 60_000,
  /** Alarm: no sweep for this long (three sweeps). */
  sweepSilentAlarmMs: 900_000,
  /** Alarm: the sweep is this far behind (three sweeps). */
  sweepLagAlarmMs: 900_000,

  /** How long a document outlives its row (14 days): DynamoDB's TTL deletes within days, in no order, and a row needs its documents. */
  documentMarginMs: 1_209_600_000,
  /** How long finished tasks are kept, by default (30 days). */
  retentionMs: 2_592_000_000,

  /** Test kit: real time that a handler gets before virtual time continues without it. */
  testHandlerWaitMs: 1_000,
  /** Test kit: virtual time after which an expectation fails. */
  testExpectWithinMs: 2_592_000_000,
} as const
