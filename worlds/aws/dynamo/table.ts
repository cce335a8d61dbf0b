/**
 * The table: its key, time to live, stream and indexes. The CDK table, the tables of the tests and the store are all made
 * from this description, so they cannot differ. It imports nothing, so each of them can import it.
 *
 * Every key is a string. Every task is in `agenda`, but the state is not in its keys: an ordinary task is written there once.
 */
export const TABLE = {
  /** The partition key: kind, tenant and id, so rows are distributed evenly. */
  partition: 'pk',
  /** The sort key: the place of an entry in its list. A row or document is the only item of its partition and has the sort key `alone`. */
  sort: 'sk',
  alone: '.',
  /** Epoch seconds after which DynamoDB may delete the item. */
  timeToLive: 'ttl',
  stream: 'NEW_AND_OLD_IMAGES',
  indexes: {
    /** A tenant's tasks by nominal time, in shards. */
    agenda: { partition: 'agenda', sort: 'agendaAt', projection: 'KEYS_ONLY' },
    /** Wake-ups of all tenants that the sweep would not find on the agenda, in shards; and the tenants that it visits, by name. Sparse. */
    watch: { partition: 'watch', sort: 'watchAt', projection: 'KEYS_ONLY' },
    /** A tenant's tasks that need attention, by reason, in shards; and a sample of its far tasks. Sparse. */
    attention: { partition: 'attention', sort: 'attentionAt', projection: 'KEYS_ONLY' },
  },
} as const

/** The names of the indexes. */
export type IndexName = keyof typeof TABLE.indexes
