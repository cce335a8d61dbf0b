/** One case: its name is a sentence that `run` verifies; `run` throws if the sentence is false. */
export type Case<Scene> = { readonly name: string; readonly run: (scene: Scene) => Promise<void> }

/** The counts of passed and failed cases. */
export type Score = { readonly passed: number; readonly failed: number }

/** Runs the cases concurrently, because most of them only wait, and prints each at its end. */
export const runCases = async <Scene>(scene: Scene, cases: readonly Case<Scene>[]): Promise<Score> => {
  const results = await Promise.all(cases.map((it) => runCase(scene, it)))
  const passed = results.filter(Boolean).length
  return { passed, failed: results.length - passed }
}

/** Runs cases one after the other: each continues with what the one before has left. */
export const runInOrder = async <Scene>(scene: Scene, cases: readonly Case<Scene>[]): Promise<Score> => {
  let passed = 0
  for (const it of cases) if (await runCase(scene, it)) passed += 1
  return { passed, failed: cases.length - passed }
}

const runCase = async <Scene>(scene: Scene, { name, run }: Case<Scene>): Promise<boolean> => {
  const start = performance.now()
  const seconds = (): string => `${((performance.now() - start) / 1_000).toFixed(1)} s`
  try {
    await run(scene)
    console.log(`✓ ${name} (${seconds()})`)
    return true
  } catch (error) {
    console.log(`✗ ${name} (${seconds()})\n${indented(error)}`)
    return false
  }
}

const indented = (error: unknown): string => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return text.replaceAll(/^/gm, '    ')
}
