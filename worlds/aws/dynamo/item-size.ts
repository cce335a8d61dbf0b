import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/**
 * The billed size of an item. Source: "DynamoDB item sizes and formats" in the developer guide: a name or string has its
 * UTF-8 bytes, a number one byte for each two digits plus one, a list or map three bytes plus one for each element.
 */
export const itemBytes = (item: Record<string, AttributeValue>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0)

const valueBytes = (value: AttributeValue): number => {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) return Math.ceil(value.N.replace(/[-.]|^0+|0+$/g, '').length / 2) + 1
  if (value.L) return 3 + value.L.reduce((sum, it) => sum + 1 + valueBytes(it), 0)
  if (value.M) return 3 + Object.keys(value.M).length + itemBytes(value.M)
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1
  throw new Error(`no row has a value of type ${Object.keys(value)}; add its size here`)
}
