import { type TaskState, targets } from '../../core/task/row.ts'
import { type Commit, changesOf, type History, isClaim, tasksOf } from './history.ts'

/** How often a run used each edge of `transitions`, and how often a nudge was refused with each code. */
export type Coverage = { readonly edges: Counts; readonly refusals: Counts }

/** Counts by name. */
export type Counts = Readonly<Partial<Record<string, number>>>

/** Counts commits, last states, edges and refusals of a run. */
export const coverageOf = (
  history: History,
  refusals: Counts,
): { readonly commitCount: number; readonly states: Partial<Record<TaskState, number>>; readonly coverage: Coverage } => {
  const last = [...tasksOf(history).values()].flatMap((commits) => commits.at(-1)?.after.state ?? [])
  const commits = changesOf(history, 'task')
  const edges = commits.flatMap((commit) => edgeOf(commit) ?? [])
  return { commitCount: commits.length, states: tally(last), coverage: { edges: tally(edges), refusals } }
}

/** How often each text occurs. */
export const tally = <Text extends string>(texts: readonly Text[]): Partial<Record<Text, number>> => {
  const counts: Partial<Record<Text, number>> = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return counts
}

/** The edge of `transitions` that a commit used, as `running: succeed → succeeded`; undefined for a creation. */
export const edgeOf = (commit: Commit): string | undefined => {
  const { before, after } = commit
  if (!before) return undefined
  const verb = VERBS.find((each) => targets(before.state, each).includes(after.state) && fits(each, commit))
  return `${before.state}: ${verb} → ${after.state}`
}

const VERBS = [
  'claim',
  'watch',
  'succeed',
  'amend',
  'rearm',
  'block',
  'admit',
  'snooze',
  'retry',
  'wait',
  'conflict',
  'fail',
  'cancel',
  'ready',
  'hold',
  'reschedule',
  'expire',
  'skip',
  'resume',
  'redrive',
] as const

/** When two verbs lead to the same state, other fields of the row distinguish them. */
const fits = (verb: (typeof VERBS)[number], commit: Commit): boolean => {
  const { before, after } = commit
  switch (verb) {
    case 'claim':
      return isClaim(commit)
    case 'amend':
    case 'rearm':
      return after.history.at(-1)?.command === verb
    case 'watch':
      return before?.watched === undefined && after.watched === true
    case 'block':
      return after.blocked !== undefined
    case 'admit':
      return before?.blocked !== undefined && after.gates !== undefined
    case 'snooze':
      return after.snoozes > (before?.snoozes ?? 0)
    default:
      return true
  }
}
