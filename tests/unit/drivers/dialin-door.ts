import type { DialIn, TcpSocket } from '#drivers/channel'
import { type DialInOptions, listenForDialIns } from '#drivers/dialin'
import { collect, ManualClock, settle, virtualNetwork } from '#tests/support'

export const never = new AbortController().signal
export const ascii = (text: string) => Buffer.from(text, 'latin1')
export const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

export async function door(options: Partial<DialInOptions> = {}) {
  const network = virtualNetwork()
  const clock = new ManualClock()
  const events: string[] = []
  const opened = await listenForDialIns(
    {
      host: '0.0.0.0',
      port: 0,
      connectionsMax: 100,
      observe: {
        accepted: () => events.push('accepted'),
        refused: () => events.push('refused'),
        loggedIn: (identity, rule) => events.push(`login ${identity} by ${rule}`),
        loginTimedOut: () => events.push('login timed out'),
        garbage: (count) => events.push(`garbage ${count}`),
        heartbeat: (identity) => events.push(`heartbeat ${identity}`),
        takenOver: ({ identity, times }) => events.push(`takeover ${identity} ${times}`),
        idledOut: (identity) => events.push(`idle ${identity}`),
        ended: (identity) => events.push(`ended ${identity}`),
      },
      ...options,
    },
    network,
    clock,
  )
  if (!opened.ok) throw new Error(opened.error.message)
  const listener = opened.value
  const sessions: DialIn[] = []
  void (async () => {
    for await (const session of listener.sessions()) sessions.push(session)
  })()
  const dial = async (from = '10.0.0.2') => {
    const socket = await network.connect(`${from}@head`, listener.port, never)
    return { socket, heard: collect(socket) }
  }
  return { clock, events, listener, sessions, dial }
}

export async function say(socket: TcpSocket, ...chunks: Uint8Array[]): Promise<void> {
  for (const chunk of chunks) {
    socket.write(chunk)
    await settle()
  }
}

/** What the session's reader gets, as one string of hex. */
export function listen(session: DialIn | undefined): () => string {
  const chunks: Uint8Array[] = []
  void (async () => {
    for await (const chunk of session?.channel.bytes() ?? []) chunks.push(chunk)
  })()
  return () => Buffer.concat(chunks).toString('hex')
}
