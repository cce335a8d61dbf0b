import type { Change } from '../../engine/message.ts'
import { fromItem, type Item, isRow } from './dynamo/item.ts'

/** The part of a stream record that is read here. It is the same in Lambda's event and in the streams API. */
export type StreamRecord = {
  readonly dynamodb?: { readonly OldImage?: object | undefined; readonly NewImage?: object | undefined } | undefined
}

/**
 * The change in a record of the table's stream. Undefined for a document or an entry: those have no consequences.
 *
 * @example event.Records.map(changeOf) // [{ after: { kind: 'task', … } }, undefined, …]
 */
export const changeOf = ({ dynamodb }: StreamRecord): Change | undefined => {
  const before = rowOf(dynamodb?.OldImage)
  const after = rowOf(dynamodb?.NewImage)
  return before || after ? { ...(before ? { before } : {}), ...(after ? { after } : {}) } : undefined
}

/** Lambda and the SDK have different types for the same images. */
const rowOf = (image: object | undefined) => (image && isRow(image as Item) ? fromItem(image as Item) : undefined)
