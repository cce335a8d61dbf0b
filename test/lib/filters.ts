import type { Template } from 'aws-cdk-lib/assertions'
import { theOne } from './synth.ts'

type Rule = string | { readonly prefix: string }
type Pattern = { readonly [field: string]: Pattern | readonly Rule[] }

/** Lambda's matching rule, for the patterns in our filters: each field of the pattern exists and has one of its values or prefixes. */
const matches = (pattern: Pattern, record: unknown): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    const value = Object(record)[field]
    return Array.isArray(wanted) ? wanted.some((rule) => fits(rule, value)) : matches(wanted as Pattern, value)
  })

const fits = (rule: Rule, value: unknown): boolean =>
  typeof rule === 'string' ? rule === value : typeof value === 'string' && value.startsWith(rule.prefix)

/** Whether the filters of a stream consumer match a record. */
export const filtersOf = (template: Template, name: string): ((record: object) => boolean) => {
  const { FilterCriteria } = theOne(template, 'AWS::Lambda::EventSourceMapping', new RegExp(`^Carillon${name}`)).Properties
  const patterns: readonly Pattern[] = FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern))
  return (record) => patterns.some((pattern) => matches(pattern, record))
}
