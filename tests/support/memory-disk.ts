import type { OutboxFiles } from '#src/outbox'

interface Content {
  bytes: Uint8Array
  /** So many of them survive a power loss. */
  synced: number
}

/** What the next uses of the disk do instead of working. */
export interface DiskFaults {
  appends: number
  syncs: number
  creates: number
}

/**
 * A folder in memory that keeps after a power loss what was synced, and of the rest what chance
 * has written; and that fails when it is told to.
 */
export class MemoryDisk implements OutboxFiles {
  readonly #files = new Map<string, Content>()
  readonly aside = new Map<string, Uint8Array>()
  readonly faults: DiskFaults = { appends: 0, syncs: 0, creates: 0 }
  capacity = Number.POSITIVE_INFINITY
  syncs = 0

  get bytes(): number {
    return [...this.#files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  get names(): readonly string[] {
    return [...this.#files.keys()].toSorted()
  }

  async list(): Promise<readonly string[]> {
    return this.names
  }

  async read(name: string): Promise<Uint8Array> {
    return this.#of(name).bytes
  }

  async create(name: string) {
    if (this.#fails('creates') || this.bytes >= this.capacity) throw new Error('EIO: create')
    if (this.#files.has(name)) throw new Error('EEXIST')
    this.#files.set(name, { bytes: new Uint8Array(0), synced: 0 })
    return {
      append: async (bytes: Uint8Array) => {
        const content = this.#of(name)
        const room = this.#fails('appends') ? bytes.length >> 1 : this.capacity - this.bytes
        content.bytes = Buffer.concat([content.bytes, bytes.subarray(0, Math.max(0, room))])
        if (room < bytes.length) throw new Error('ENOSPC: no space left')
      },
      sync: async () => {
        if (this.#fails('syncs')) throw new Error('EIO: sync')
        this.syncs++
        const content = this.#of(name)
        content.synced = content.bytes.length
      },
      close: async () => {},
    }
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name)
  }

  async keepAside(name: string, bytes: Uint8Array): Promise<void> {
    this.aside.set(name, Uint8Array.from(bytes))
  }

  /** Turns bits of a file, which nobody is told. */
  spoil(name: string, at: number, mask: number): void {
    const content = this.#of(name)
    const bytes = Uint8Array.from(content.bytes)
    bytes[at] = (bytes[at] ?? 0) ^ mask
    content.bytes = bytes
  }

  /** What another process finds after this one was killed: everything that was written. */
  afterKill(): MemoryDisk {
    return this.#left(({ bytes }) => bytes)
  }

  /** What is left after a power loss. */
  afterPowerLoss(chance: () => number): MemoryDisk {
    return this.#left(({ bytes, synced }) => {
      const kept = synced + Math.floor(chance() * (bytes.length - synced + 1))
      const left = Uint8Array.from(bytes.subarray(0, kept))
      for (let at = synced; at < kept; at++) if (chance() < 0.1) left[at] = 0
      return left
    })
  }

  #left(of: (content: Content) => Uint8Array): MemoryDisk {
    const left = new MemoryDisk()
    for (const [name, content] of this.#files) {
      const bytes = of(content)
      left.#files.set(name, { bytes, synced: bytes.length })
    }
    return left
  }

  #of(name: string): Content {
    const content = this.#files.get(name)
    if (!content) throw new Error(`ENOENT: ${name}`)
    return content
  }

  #fails(kind: keyof DiskFaults): boolean {
    if (this.faults[kind] === 0) return false
    this.faults[kind]--
    return true
  }
}
