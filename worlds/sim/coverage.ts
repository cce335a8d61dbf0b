import { type TaskState, targets } from '../../core/task/row.ts'
import { type Commit, changesOf, type History, isClaim, tasksOf } from './history.ts'

/** Where a run has been: how often each edge of `transitions` was walked, and how often a nudge met each refusal. */
export type Coverage = { readonly edges: Counts; readonly refusals: Counts }

/** How often each of some things was seen. */
export type Counts = Readonly<Partial<Record<string, number>>>

/** Counts what a run has seen. */
export const coverageOf = (
  history: History,
  refusals: Counts,
): { readonly commitCount: number; readonly states: Partial<Record<TaskState, number>>; readonly coverage: Coverage } => {
  const last = [...tasksOf(history).values()].flatMap((commits) => commits.at(-1)?.after.state ?? [])
  const commits = changesOf(history, 'task')
  const edges = commits.flatMap((commit) => edgeOf(commit) ?? [])
  return { commitCount: commits.length, states: tally(last), coverage: { edges: tally(edges), refusals } }
}

/** How often each text is there. */
export const tally = <Text extends string>(texts: readonly Text[]): Partial<Record<Text, number>> => {
  const counts: Partial<Record<Text, number>> = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return counts
}

/** The edge of `transitions` that a commit walked, as `running: succeed → succeeded`; undefined for a birth. */
export const edgeOf = (commit: Commit): string | undefined => {
  const { before, after } = commit
  if (!before) return undefined
  const verb = VERBS.find((each) => targets(before.state, each).includes(after.state) && fits(each, commit))
  return `${before.state}: ${verb} → ${after.state}`
}

const VERBS = [
  'claim',
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

/** Where two verbs lead to the same state, the row tells them apart. */
const fits = (verb: (typeof VERBS)[number], commit: Commit): boolean => {
  const { before, after } = commit
  switch (verb) {
    case 'claim':
      return isClaim(commit)
    case 'amend':
    case 'rearm':
      return after.history.at(-1)?.verb === verb
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
