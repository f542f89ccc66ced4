import type { Caller, Device, FieldPorts } from '#simulators/fleet'

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
