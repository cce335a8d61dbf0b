/**
 * The bounds on what one partition of the table or of an index gets. They are part of `LIMITS`.
 *
 * A full partition of an index throttles writes of the whole table, so each list that one tenant can fill is stored in
 * shards. `docs/limits-on-aws.md` has a table of all partition keys, which a test computes from these numbers.
 */
export const PARTITION_LIMITS = {
  /** Write units that one partition of a table or an index takes in a second. Source: DynamoDB's partition limits. */
  partitionWritesCount: 1_000,
  /** Read units of one partition in a second. Source: the same. */
  partitionReadsCount: 3_000,
  /** Write units of a table on demand in a second, by default. Source: DynamoDB quotas. */
  tableWritesCount: 40_000,

  /** Tasks of one tenant that may be created, or may end, in a second. The shards below are made for it. */
  tenantTasksPerSecondCount: 5_000,
  /**
   * Shards of one tenant's agenda. `tenantTasksPerSecondCount` new tasks are 625 units for each shard; the rest is for the
   * unevenness of a hash, and for tasks that are rescheduled, which cost two units.
   */
  agendaShardsCount: 8,
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
   * Tasks that one bulk operation may command in a second: a page each tenth of a second, about as fast as one page after
   * another can be. Its own row is written twice for each page, with up to 28 units.
   */
  operationPerSecondCount: 1_000,
} as const
