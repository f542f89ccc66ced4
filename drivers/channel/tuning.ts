import type { TcpSocket } from './ports.ts'

/** A dead peer behind NAT is noticed after this long without traffic, plus the system's probes. */
const KEEPALIVE_DELAY_MS = 60_000

/** Makes a connection one to talk over: small frames leave at once, and a dead peer is noticed. */
export function tuneForFrames(socket: TcpSocket): void {
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEPALIVE_DELAY_MS)
}
