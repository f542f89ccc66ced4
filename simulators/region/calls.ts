import type { Caller, Device, FieldPorts } from '#simulators/fleet'
import { noCounts } from '#simulators/line'

const FORGOTTEN_AFTER_MS = 180_000

/** Nothing comes through three minutes after the greeting, though the connection stands. */
export function forgotten(caller: Caller): Caller {
  let sinceMs = 0
  const isOver = (nowMs: number) => nowMs - sinceMs > FORGOTTEN_AFTER_MS
  return {
    login(nowMs) {
      sinceMs = nowMs
      return caller.login(nowMs)
    },
    heartbeat: (nowMs) => (isOver(nowMs) ? new Uint8Array(0) : caller.heartbeat(nowMs)),
    report: (nowMs) => (isOver(nowMs) ? null : caller.report(nowMs)),
    receive: (chunk, nowMs) => (isOver(nowMs) ? [] : caller.receive(chunk, nowMs)),
    reset: () => caller.reset(),
  }
}

/** Greets and says goodbye in one breath, and answers nothing. */
export function sayingGoodbye(caller: Caller & { logout(nowMs: number): Uint8Array }): Caller {
  return {
    ...caller,
    login: (nowMs) => Uint8Array.from([...caller.login(nowMs), ...caller.logout(nowMs)]),
    receive: () => [],
  }
}

/** Its greeting comes when its first heartbeat is due. */
export function greetingLate(caller: Caller): Caller {
  let hasGreeted = false
  return {
    ...caller,
    login: () => new Uint8Array(0),
    heartbeat(nowMs) {
      const isFirst = !hasGreeted
      hasGreeted = true
      return isFirst ? caller.login(nowMs) : caller.heartbeat(nowMs)
    },
    reset() {
      hasGreeted = false
      caller.reset()
    },
  }
}

/** Two of one number. */
export function both(first: Device, second: Device): Device {
  return {
    name: first.name,
    counts: first.counts,
    connections: () => Math.max(first.connections(), second.connections()),
    async stop() {
      await Promise.all([first.stop(), second.stop()])
    },
  }
}

/** A device that begins to live so much later. */
export function later(start: () => Device, afterMs: number, { clock }: FieldPorts): Device {
  let device: Device | null = null
  const none = noCounts()
  const cancel = clock.after(afterMs, () => {
    device = start()
  })
  return {
    name: 'not yet',
    get counts() {
      return device?.counts ?? none
    },
    connections: () => device?.connections() ?? 0,
    async stop() {
      cancel()
      await device?.stop()
    },
  }
}

/** One device, and so much later another that is the same one come back. */
export function twice(
  start: (isBack: boolean) => Device,
  backAfterMs: number,
  ports: FieldPorts,
): Device {
  const first = start(false)
  let second: Device | null = null
  const cancel = ports.clock.after(backAfterMs, () => {
    second = start(true)
  })
  return {
    name: first.name,
    counts: first.counts,
    connections: () => (second ?? first).connections(),
    async stop() {
      cancel()
      await Promise.all([first.stop(), second?.stop()])
    },
  }
}
