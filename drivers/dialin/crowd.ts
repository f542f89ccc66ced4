/** Who waits from where. Whoever is to leave is found at once, however many come and go. */
export class Crowd<T> {
  readonly #byAddress = new Map<string, AgedSet<T>>()
  /** Addresses by how many wait from there. */
  readonly #byCount = new Map<number, AgedSet<string>>()
  #most = 0

  add(one: T, address: string): void {
    const here = this.#byAddress.get(address) ?? new AgedSet<T>()
    this.#byAddress.set(address, here)
    here.add(one)
    this.#move(address, here.size - 1, here.size)
    this.#most = Math.max(this.#most, here.size)
  }

  remove(one: T, address: string): void {
    if (this.#byAddress.get(address)?.delete(one)) this.#left(address)
  }

  /** Takes out the one that waits longest from the address from which most wait. */
  takeOut(): T | undefined {
    const address = this.#byCount.get(this.#most)?.shift()
    const one = address === undefined ? undefined : this.#byAddress.get(address)?.shift()
    if (address !== undefined) this.#left(address)
    return one
  }

  #left(address: string): void {
    const count = this.#byAddress.get(address)?.size ?? 0
    if (count === 0) this.#byAddress.delete(address)
    this.#move(address, count + 1, count)
    // Whoever had most has one less now: nobody is between.
    if (!this.#byCount.has(this.#most)) this.#most = count
  }

  #move(address: string, from: number, to: number): void {
    const left = this.#byCount.get(from)
    left?.delete(address)
    if (left?.size === 0) this.#byCount.delete(from)
    if (to === 0) return
    const joined = this.#byCount.get(to) ?? new AgedSet<string>()
    this.#byCount.set(to, joined)
    joined.add(address)
  }
}

/** A set that gives its oldest: a new iterator for each would pass all that have left before. */
class AgedSet<T> {
  readonly #members = new Set<T>()
  #oldest: Iterator<T> | null = null

  get size(): number {
    return this.#members.size
  }

  add(one: T): void {
    this.#members.add(one)
  }

  delete(one: T): boolean {
    return this.#members.delete(one)
  }

  shift(): T | undefined {
    let next = this.#oldest?.next()
    if (!next || next.done) {
      this.#oldest = this.#members.values()
      next = this.#oldest.next()
    }
    if (next.done) return undefined
    this.#members.delete(next.value)
    return next.value
  }
}
