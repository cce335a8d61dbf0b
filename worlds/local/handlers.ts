import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TaskType } from '../../core/define.ts'

/**
 * Imports the task types of the module that `CARILLON_HANDLERS` names.
 *
 * @param url the module, as a `file:` URL
 * @throws TypeError when there is no such module, when it exports no `types`, or with the stack of what it throws itself
 */
export const loadTypes = async (url: string): Promise<readonly TaskType[]> => {
  const path = fileURLToPath(url)
  if (!existsSync(path)) throw new TypeError(`CARILLON_HANDLERS names ${path}, and there is no such file; ${RIGHT}`)
  const { types } = await imported(url, path)
  if (!Array.isArray(types)) throw new TypeError(`CARILLON_HANDLERS names ${path}, which exports no array \`types\`; ${RIGHT}`)
  return types
}

const RIGHT = 'it must be the path of a module that exports `types`, an array of what defineTask makes'

const imported = async (url: string, path: string): Promise<{ readonly types?: unknown }> => {
  try {
    return await import(url)
  } catch (error) {
    // With its stack, by which one finds where the module throws.
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new TypeError(`CARILLON_HANDLERS names ${path}, which cannot be imported: ${why}`)
  }
}
