import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/**
 * The size of an item as DynamoDB bills it. Source: "DynamoDB item sizes and formats" in the developer guide: names and
 * strings count their UTF-8 bytes, a number a byte for each two digits and one more, a list or map three bytes and one for
 * each thing in it.
 */
export const itemBytes = (item: Record<string, AttributeValue>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0)

const valueBytes = (value: AttributeValue): number => {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) return Math.ceil(value.N.replace(/[-.]|^0+|0+$/g, '').length / 2) + 1
  if (value.L) return 3 + value.L.reduce((sum, it) => sum + 1 + valueBytes(it), 0)
  if (value.M) return 3 + Object.keys(value.M).length + itemBytes(value.M)
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1
  throw new Error(`no row holds ${Object.keys(value)}; say here how DynamoDB counts it`)
}
