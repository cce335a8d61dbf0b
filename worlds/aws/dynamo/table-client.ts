import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** A table, and the client that speaks to it. */
export type TableClient = { readonly client: DynamoDBClient; readonly table: string }
