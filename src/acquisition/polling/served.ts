import type { ChannelId } from '#src/core'
import type { ChannelWorker } from './worker.ts'

interface Served {
  /** What the worker was made from, to be compared. */
  readonly facts: string
  readonly worker: ChannelWorker
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/** The channels that are served, each by a worker of its own. */
export class ServedChannels {
  readonly #served = new Map<ChannelId, Served>()

  get workers(): readonly ChannelWorker[] {
    return [...this.#served.values()].map(({ worker }) => worker)
  }

  workerOf(id: ChannelId): ChannelWorker | null {
    return this.#served.get(id)?.worker ?? null
  }

  /** Serves a channel; one that is served already only if its facts have changed, and anew. */
  async serve(id: ChannelId, facts: string, make: () => ChannelWorker | null): Promise<void> {
    const before = this.#served.get(id)
    if (before?.facts === facts) return
    if (before) {
      before.stop.abort()
      await before.ended
      this.#served.delete(id)
    }
    const worker = make()
    if (!worker) return
    const stop = new AbortController()
    this.#served.set(id, { facts, worker, stop, ended: worker.run(stop.signal) })
  }

  async stop(): Promise<void> {
    for (const { stop } of this.#served.values()) stop.abort()
    await Promise.all([...this.#served.values()].map(({ ended }) => ended))
  }
}
