import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a handler of the soak test has noted. */
export type Mark = { readonly pid: number; readonly what: string; readonly id: string; readonly at: number }

/** The marks in the order of writing. The last line of a killed process can be cut. */
export const readMarks = (folder: string): readonly Mark[] => {
  const file = join(folder, 'marks')
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  return lines.flatMap((line) => {
    const [pid, what = '', id = '', at] = line.split(' ')
    return at === undefined ? [] : [{ pid: Number(pid), what, id, at: Number(at) }]
  })
}

/**
 * Faults in the marks: a task that starts before its run in the same process has ended, that starts after the API has shown its
 * end, or that runs with more tasks than its gate admits; and a process that works after its successor has begun.
 *
 * @param endedAt when the API showed the end of a task
 */
export const doubleRuns = (marks: readonly Mark[], endedAt: ReadonlyMap<string, number>): string[] => {
  const running = new Set<string>()
  const pids: number[] = []
  return marks.flatMap((mark) => {
    const { pid, what, id, at } = mark
    const place = pids.indexOf(pid)
    if (place < 0) pids.push(pid)
    const key = `${pid} ${id}`
    const isDouble = what === 'start' && running.has(key)
    if (what === 'start') running.add(key)
    if (what === 'end') running.delete(key)
    const faults = [
      [isDouble, 'starts before its run has ended'],
      [what === 'start' && at > (endedAt.get(id) ?? Number.POSITIVE_INFINITY), 'starts after its end'],
      [what === 'crowded', 'is one too many at its gate'],
      [place >= 0 && place < pids.length - 1, 'runs in a process that was killed'],
    ] as const
    return faults.flatMap(([occurs, what]) => (occurs ? [`task ${id} ${what}: ${JSON.stringify(mark)}`] : []))
  })
}
