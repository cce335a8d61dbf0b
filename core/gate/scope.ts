import type { Scope } from './use.ts'

/** A scope as people name it, taken apart: everything of a tenant, one task type, one lane. */
export type ScopeParts = { readonly of: 'tenant' } | { readonly of: 'type' | 'lane'; readonly name: string }

/**
 * Takes a scope apart; undefined when the text is none. Whether there is such a type or lane, the deployment knows.
 *
 * @example scopeParts('type.copy') // { of: 'type', name: 'copy' }
 */
export const scopeParts = (text: string): ScopeParts | undefined => {
  if (text === 'tenant') return { of: 'tenant' }
  const [, of, name = ''] = /^(type|lane)\.(.+)$/s.exec(text) ?? []
  return of === 'type' || of === 'lane' ? { of, name } : undefined
}

/** Is this gate a scope's, rather than one with a key of a task's own? */
export const isScope = (id: string): id is Scope => scopeParts(id) !== undefined
