import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { inject } from 'vitest'
import { TABLE } from '../../worlds/aws/dynamo/table.ts'

const server = inject('dynamoDbServer')
if (!server) throw new Error('a file that uses DynamoDB Local is listed in vitest.config.ts, so that the server is started')

/** Whether DynamoDB Local can run here. Otherwise its tests are skipped, with a message. */
export const dynamoDbLocalRuns: boolean = 'endpoint' in server

/** The DynamoDB Local of this run, as one file uses it. */
export type DynamoDbLocal = {
  readonly client: DynamoDBClient
  /** The settings of further clients. */
  readonly connection: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** Creates an empty table from `TABLE` and returns its name. */
  readonly makeTable: () => Promise<string>
  readonly close: () => void
}

/** Resolves when DynamoDB Local accepts requests. */
export const openDynamoDbLocal = async (): Promise<DynamoDbLocal> => {
  if (!('endpoint' in server)) throw new Error(server.skipped)
  // DynamoDB Local has a database for each access key. The streams of one database share their sequence numbers, and an iterator
  // of an empty stream is refused when other tables of the database were written since.
  const credentials = { accessKeyId: crypto.randomUUID().replaceAll('-', ''), secretAccessKey: 'local' }
  const connection = { endpoint: server.endpoint, region: 'us-east-1', credentials }
  const client = new DynamoDBClient({ ...connection, maxAttempts: 1 })
  await untilReady(client)
  let tables = 0
  return {
    client,
    connection,
    makeTable: async () => {
      const name = `carillon-${++tables}`
      await client.send(new CreateTableCommand(tableInput(name)))
      return name
    },
    close: () => client.destroy(),
  }
}

/** The table of the CDK stack as a `CreateTable` request, from the same description. */
const tableInput = (name: string): CreateTableCommandInput => {
  const indexes = Object.entries(TABLE.indexes)
  const keys = [TABLE.partition, TABLE.sort, ...indexes.flatMap(([, { partition, sort }]) => [partition, sort])]
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: TABLE.partition, KeyType: 'HASH' },
      { AttributeName: TABLE.sort, KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: indexes.map(([IndexName, { partition, sort, projection }]) => ({
      IndexName,
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: projection },
    })),
    StreamSpecification: { StreamEnabled: true, StreamViewType: TABLE.stream },
  }
}

/** Waits until the server is ready. It gives no signal; it refuses connections until then. */
const untilReady = async (client: DynamoDBClient): Promise<void> => {
  let cause: unknown
  for (let tries = 0; tries < 600; tries++) {
    try {
      await client.send(new ListTablesCommand())
      return
    } catch (error) {
      cause = error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error('DynamoDB Local was not ready within a minute', { cause })
}
