import * as z from 'zod'
import type { OnFailure } from '../failure.ts'
import { isRefusal } from '../refusal.ts'
import { nameField } from './fields.ts'
import { readJson } from './json.ts'
import { show } from './messages.ts'
import { read } from './read.ts'

const FORM = 'the name of a task type, or {"type": name, "input": the input of the failure task}'

/** The written form of `onFailure`. */
export const onFailureField = z.union(
  [
    nameField,
    z.strictObject({
      type: nameField,
      input: z
        .unknown()
        .optional()
        .meta({ description: "The input of the failure task. Its type's failureField gets the failure. Default: the failure." }),
    }),
  ],
  { error: ({ input }) => `${show(input)}; it must be ${FORM}` },
)

/**
 * Reads an `onFailure` of an option or an environment variable: the name of a task type, or the type with an input, also as JSON.
 *
 * @param where its name in the error, such as `CARILLON_ON_FAILURE`
 * @throws TypeError when it has another form
 * @example readOnFailure('CARILLON_ON_FAILURE', '{"type":"http","input":{"url":"https://ops.example.com/failed"}}')
 */
export const readOnFailure = (where: string, given: unknown): OnFailure => {
  const isText = typeof given === 'string' && given.trimStart().startsWith('{')
  const value = isText ? readJson(given, 'the value') : { json: given }
  const written = isRefusal(value) ? value : read(onFailureField, value.json)
  if (isRefusal(written)) throw new TypeError(`${where} is ${show(given)}; it must be ${FORM}. ${written.message}`)
  return written.value as OnFailure
}
