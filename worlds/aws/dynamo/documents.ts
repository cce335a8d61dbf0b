import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { Store } from '../../../engine/world.ts'
import { itemKey, timeToLive } from './item.ts'
import type { TableClient } from './table-client.ts'

/**
 * Documents: texts that are too large for a task's row, as items of the same table. The row has their names, so they are in
 * no list and no index, and a write of the row does not pay for them.
 */
export const documents = ({ client, table }: TableClient): Pick<Store, 'putDocument' | 'getDocument' | 'dropDocument'> => ({
  putDocument: async (tenant, taskId, name, text, forgetAt) => {
    // Without a condition: the text cannot change, because its name is a digest of it. Its time to live may change.
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: { ...keyOf(tenant, taskId, name), text: { S: text }, ...timeToLive(forgetAt) },
      }),
    )
  },
  getDocument: async (tenant, taskId, name) => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: keyOf(tenant, taskId, name), ConsistentRead: true }),
    )
    return Item?.text?.S
  },
  dropDocument: async (tenant, taskId, name) => {
    await client.send(new DeleteItemCommand({ TableName: table, Key: keyOf(tenant, taskId, name) }))
  },
})

/** The partition key of a document. */
export const documentKey = (tenant: string, taskId: string, name: string): string => `document/${tenant}/${taskId}/${name}`

const keyOf = (tenant: string, taskId: string, name: string) => itemKey(documentKey(tenant, taskId, name))
