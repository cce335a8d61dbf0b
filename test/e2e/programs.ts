import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'

/** A program that this process has started, and a function that stops it with its children. */
export type Program = { readonly pid: number; readonly exited: Promise<number>; readonly stop: () => Promise<void> }

type Start = { readonly env: Readonly<Record<string, string>>; readonly cwd?: string; readonly logFile: string }

const running = new Set<Program>()

// No started program outlives this process, in whatever way the process ends.
process.once('exit', () => {
  for (const { pid } of running) signalGroup(pid, 'SIGKILL')
})

/**
 * Starts a program in its own process group: a signal to the group reaches only the program and its children, among them the
 * Lambda workers of the emulator. The output goes to the log file.
 */
export const start = (command: string, args: readonly string[], { env, cwd, logFile }: Start): Program => {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd ? { cwd } : {}) })
  const log = createWriteStream(logFile, { flags: 'a' })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)))
    child.on('close', (code) => resolve(code ?? 1))
  })
  // Callers await the result. Without this line, a missing program would end the process before its clean-up.
  exited.catch(() => undefined)
  const program = { pid: child.pid ?? 0, exited, stop: () => stop(child, exited) }
  running.add(program)
  const forget = () => running.delete(program)
  exited.then(forget, forget)
  return program
}

/** Runs a program to its end. @throws Error with the end of its output if it fails */
export const run = async (command: string, args: readonly string[], options: Start): Promise<void> => {
  const code = await start(command, args, options).exited
  if (code === 0) return
  const end = readFileSync(options.logFile, 'utf8').slice(-3_000)
  throw new Error(
    `${command} ${args[0]} ended with ${code}; its output, of which this is the end, is in ${options.logFile}\n${end}`,
  )
}

/** Stops all running programs. */
export const stopAll = async (): Promise<void> => {
  await Promise.allSettled([...running].map((program) => program.stop()))
}

const stop = async (child: ChildProcess, exited: Promise<number>): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  signalGroup(child.pid, 'SIGTERM')
  const killTimeout = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS)
  await exited
  clearTimeout(killTimeout)
}

const GRACE_MS = 10_000

const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid) process.kill(-pid, signal)
  } catch {
    // The group has ended already.
  }
}
