import type { Change } from '../../engine/message.ts'
import { fromItem, type Item, isRow } from './dynamo/item.ts'

/** The part of a stream record that is read here: the same in Lambda's event and in the streams API. */
export type StreamRecord = {
  readonly dynamodb?: { readonly OldImage?: object | undefined; readonly NewImage?: object | undefined } | undefined
}

/**
 * What a record of the table's stream says has changed. Undefined for a document: nothing follows from those.
 *
 * @example event.Records.map(changeOf) // [{ after: { kind: 'task', … } }, undefined, …]
 */
export const changeOf = ({ dynamodb }: StreamRecord): Change | undefined => {
  const before = rowOf(dynamodb?.OldImage)
  const after = rowOf(dynamodb?.NewImage)
  return before || after ? { ...(before ? { before } : {}), ...(after ? { after } : {}) } : undefined
}

/** Lambda's types and the SDK's describe the same images in different words. */
const rowOf = (image: object | undefined) => (image && isRow(image as Item) ? fromItem(image as Item) : undefined)
