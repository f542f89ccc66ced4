import type { PermitPool } from '#src/registry'

/** Leave to make one visit; to be given back once. */
export interface Leave {
  /** False while others have to finish first. */
  readonly isGranted: boolean
  giveBack(): void
}

/**
 * Hands out permits (并发许可) of pools in the order they were asked for. Whoever wants several
 * pools gets them one after the other in one order, so that two never wait for each other.
 */
export class PermitOffice {
  readonly #queues = new Map<string, Queue>()

  /** `granted` is called when it has to wait first, and never before this returns. */
  ask(pools: readonly PermitPool[], granted: () => void): Leave {
    const inOrder = [...pools].sort((a, b) => (a.name < b.name ? -1 : 1))
    return new Asking(
      inOrder.map((pool) => this.#of(pool)),
      granted,
    )
  }

  /** How many visits use each pool now, and how many wait for it. */
  usage(): readonly PoolUsage[] {
    return Array.from(this.#queues, ([name, { used, waiting }]) => {
      return { name, used, waiting }
    })
  }

  #of({ name, visitsMax }: PermitPool): Queue {
    const queue = this.#queues.get(name) ?? new Queue()
    this.#queues.set(name, queue)
    queue.visitsMax = visitsMax
    return queue
  }
}

export interface PoolUsage {
  readonly name: string
  readonly used: number
  readonly waiting: number
}

/** One pool: who uses it is counted, who waits stands in order. */
class Queue {
  visitsMax = 0
  #used = 0
  readonly #waiting = new Set<() => void>()

  get used(): number {
    return this.#used
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** True when there was room; else `go` is called once there is. */
  enter(go: () => void): boolean {
    if (this.#used >= this.visitsMax || this.#waiting.size > 0) {
      this.#waiting.add(go)
      return false
    }
    this.#used++
    return true
  }

  forget(go: () => void): void {
    this.#waiting.delete(go)
  }

  leave(): void {
    this.#used--
    for (const go of this.#waiting) {
      if (this.#used >= this.visitsMax) return
      this.#waiting.delete(go)
      this.#used++
      go()
    }
  }
}

class Asking implements Leave {
  readonly #queues: readonly Queue[]
  readonly #granted: () => void
  /** How many of the queues let it in. */
  #entered = 0
  #isOver = false

  constructor(queues: readonly Queue[], granted: () => void) {
    this.#queues = queues
    this.#granted = granted
    this.#enter()
  }

  get isGranted(): boolean {
    return !this.#isOver && this.#entered === this.#queues.length
  }

  giveBack(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#queues[this.#entered]?.forget(this.#letIn)
    for (const queue of this.#queues.slice(0, this.#entered)) queue.leave()
  }

  #enter(): void {
    while (this.#queues[this.#entered]?.enter(this.#letIn)) this.#entered++
  }

  readonly #letIn = () => {
    this.#entered++
    this.#enter()
    if (this.isGranted) this.#granted()
  }
}
