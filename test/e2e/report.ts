/** One case: a sentence that is true when `run` ends, and false when it throws. */
export type Case<Scene> = { readonly says: string; readonly run: (scene: Scene) => Promise<void> }

/** How many cases passed and failed. */
export type Score = { readonly passed: number; readonly failed: number }

/** Runs cases side by side, as most of them wait most of the time, and prints each as it ends. */
export const runCases = async <Scene>(scene: Scene, cases: readonly Case<Scene>[]): Promise<Score> => {
  const results = await Promise.all(cases.map((it) => runCase(scene, it)))
  const passed = results.filter(Boolean).length
  return { passed, failed: results.length - passed }
}

const runCase = async <Scene>(scene: Scene, { says, run }: Case<Scene>): Promise<boolean> => {
  const start = performance.now()
  const seconds = (): string => `${((performance.now() - start) / 1_000).toFixed(1)} s`
  try {
    await run(scene)
    console.log(`✓ ${says} (${seconds()})`)
    return true
  } catch (error) {
    console.log(`✗ ${says} (${seconds()})\n${indented(error)}`)
    return false
  }
}

const indented = (error: unknown): string => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return text.replaceAll(/^/gm, '    ')
}
