import './env.ts'

import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { DynamoDBClient, GetItemCommand, PutItemCommand, type PutItemCommandInput } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { encodeNudge, nudgeOf } from '../../core/row/nudge.ts'
import { decideTask } from '../../core/task/decide.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { fromItem, toItem } from '../../worlds/aws/dynamo/item.ts'
import { context, message } from './events.ts'

/**
 * A process that imitates the Node.js runtime of Lambda: its listeners are there before the function is loaded, and each of
 * them ends the process (source: aws-lambda-nodejs-runtime-interface-client, `src/index.mjs` and `src/Runtime.js`). It runs
 * one batch for each name of `CARELESS`, prints the final rows as JSON, and at last throws an error of no attempt.
 */

process.on('uncaughtException', (error) => {
  process.stdout.write(`Uncaught Exception: ${error.message}\n`)
  process.exit(129)
})
process.on('unhandledRejection', (reason) => {
  process.stdout.write(`Unhandled Promise Rejection: ${String(reason)}\n`)
  process.exit(128)
})

const types = pathToFileURL('test/worlds/node/careless.ts').href
registerHooks({ resolve: (name, parent, next) => next(name === '#handlers' ? types : name, parent) })
const { CARELESS, typeName } = await import('../worlds/node/careless.ts')
const { handler } = await import('../../functions/execute.ts')

const items = new Map<string, PutItemCommandInput['Item']>()
const store = mockClient(DynamoDBClient)
store.on(GetItemCommand).callsFake(({ Key }) => ({ Item: items.get(Key.pk.S) }))
store.on(PutItemCommand).callsFake(({ Item }) => {
  items.set(Item.pk.S, Item)
  return {}
})

const create = (id: string, type: string, input = {}): TaskRow => {
  const at = Date.now()
  const row = decideTask({ kind: 'task', tenant: 'acme', id }, undefined, {
    name: 'create',
    at,
    by: 'user:alice',
    policy: { type, schema: 1, lane: 'normal', timeoutMs: 20_000, retry: { policy: 'none' } },
    input: { inline: input },
    ready: true,
    notBefore: at,
  }) as TaskRow
  const item = toItem(row)
  items.set(String(item.pk?.S), item as PutItemCommandInput['Item'])
  return row
}

for (const name of Object.keys(CARELESS)) {
  const rows = [create('careless', typeName(name)), create('neighbour', 'neighbour', { forMs: 50 })]
  const Records = rows.map((row) => message(row.id, encodeNudge(nudgeOf(row, 0))))
  const { batchItemFailures } = await handler({ Records } as never, context as never)
  const [careless, neighbour] = rows.map(({ id }) => fromItem(items.get(`task/acme/${id}`) as never) as TaskRow)
  process.stdout.write(
    `RESULT ${JSON.stringify({ name, error: careless?.error, neighbour: neighbour?.state, batchItemFailures })}\n`,
  )
}
setTimeout(() => {
  throw new Error('of no attempt')
})
