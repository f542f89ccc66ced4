import type { Clock, Duration } from '#src/core'
import type { Dependency, DependencyState } from './services.ts'

export interface CheckOutcome extends DependencyState {
  readonly name: string
}

/** Asks every dependency at once; whoever calls meanwhile shares the answer. */
export function createReadiness(
  clock: Clock,
  dependencies: readonly Dependency[],
  timeout: Duration,
): () => Promise<CheckOutcome[]> {
  let running: Promise<CheckOutcome[]> | undefined
  return () => {
    running ??= Promise.all(
      dependencies.map((dependency) => ask(clock, dependency, timeout)),
    ).finally(() => {
      running = undefined
    })
    return running
  }
}

function ask(clock: Clock, dependency: Dependency, timeout: Duration): Promise<CheckOutcome> {
  const { name } = dependency
  const controller = new AbortController()
  return new Promise((resolve) => {
    const cancel = clock.after(timeout, () => {
      controller.abort()
      resolve({ name, ok: false, detail: 'did not answer in time' })
    })
    const done = (state: DependencyState) => {
      cancel()
      resolve({ name, ok: state.ok, detail: state.detail })
    }
    // The cause may name hosts and users; the page says only that it failed.
    dependency.check(controller.signal).then(done, () => done({ ok: false, detail: 'failed' }))
  })
}
