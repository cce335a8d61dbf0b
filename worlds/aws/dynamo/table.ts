/**
 * The one table: its key, its time to live, its stream and its indexes. The CDK table, the tables of the tests and the
 * store are all made from this description, so none can drift; it imports nothing, so that each of them can read it.
 *
 * Every key is a string. State is in no key of `agenda`, which every task is in: a plain task is written there once.
 */
export const TABLE = {
  /** The partition key. Kind, tenant and id make it, so the rows spread by themselves. */
  partition: 'pk',
  /** The sort key: the place of an entry in its list. Rows and documents are alone in their partitions, at one place for all. */
  sort: 'sk',
  alone: '.',
  /** Epoch seconds after which DynamoDB may delete the item. */
  timeToLive: 'ttl',
  stream: 'NEW_AND_OLD_IMAGES',
  indexes: {
    /** A tenant's tasks by nominal time, in shards. */
    agenda: { partition: 'agenda', sort: 'agendaAt', projection: 'KEYS_ONLY' },
    /** Wake-ups of all tenants that the sweep would not meet on the agenda, in shards; and, by name, the tenants. Sparse. */
    watch: { partition: 'watch', sort: 'watchAt', projection: 'KEYS_ONLY' },
    /** A tenant's tasks that want attention, by reason. Sparse. */
    attention: { partition: 'attention', sort: 'attentionAt', projection: 'KEYS_ONLY' },
  },
} as const

/** The names of the indexes. */
export type IndexName = keyof typeof TABLE.indexes
