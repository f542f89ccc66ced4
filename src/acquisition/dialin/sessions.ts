import type { Channel, TransportError } from '#drivers/channel'

/**
 * Where a worker waits for the device that calls it. A device that calls again before the worker
 * came takes the place of its older connection: the newest is the one that lives.
 */
export class Rendezvous {
  #waiting: ((channel: Channel) => void) | null = null
  #offered: Channel | null = null

  offer(channel: Channel): void {
    if (this.#waiting) {
      const take = this.#waiting
      this.#waiting = null
      take(channel)
      return
    }
    void this.#offered?.close()
    this.#offered = channel
  }

  /** The next connection, as a way to open a channel. */
  async open(signal: AbortSignal): Promise<Channel | TransportError> {
    return (await this.take(signal)) ?? stopping
  }

  /** The next connection; null when the signal aborts first. */
  take(signal: AbortSignal): Promise<Channel | null> {
    const offered = this.#offered
    this.#offered = null
    if (offered) return Promise.resolve(offered)
    if (signal.aborted) return Promise.resolve(null)
    return new Promise((resolve) => {
      const give = (channel: Channel) => {
        signal.removeEventListener('abort', leave)
        resolve(channel)
      }
      const leave = () => {
        if (this.#waiting === give) this.#waiting = null
        resolve(null)
      }
      this.#waiting = give
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}

const stopping: TransportError = {
  code: 'transport.closed',
  message: 'the head-end is stopping',
  retry: 'never',
}
