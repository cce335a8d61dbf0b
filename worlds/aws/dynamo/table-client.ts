import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** A table and the client for its requests. */
export type TableClient = { readonly client: DynamoDBClient; readonly table: string }
