import { dlt645Face, dlt698TerminalFace, gdw376Face, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'

const REGION = '3301'
const site = new Site('Asia/Shanghai', 1)

/** Who the device of this number is: a third each of transparent gateways, 376.1 and 698.45. */
export function identityOf(number: number): string {
  switch (number % 3) {
    case 0:
      return String(330_000_000_000 + number)
    case 1:
      return `${REGION}-${number.toString(16).padStart(4, '0').toUpperCase()}`
    default:
      return String(330_190_000_000 + number)
  }
}

/** What it says first and then every minute. */
export function wordsOf(number: number): { login: Uint8Array; heartbeat: Uint8Array } {
  const address = identityOf(number)
  if (number % 3 === 0) {
    return { login: Buffer.from(`REG:${address}`), heartbeat: Buffer.from('ping') }
  }
  if (number % 3 === 1) {
    const points = { points: [], port: null, password: null, bytesMax: standardBytesMax }
    const face = gdw376Face({ address, site, ...points })
    return { login: face.login(), heartbeat: face.heartbeat() }
  }
  const behind = { meters: [], port: dlt645Face([]), heartbeatSeconds: 60 }
  const face = dlt698TerminalFace({ address, site, ...behind })
  const nowMs = 1_767_225_600_000
  return { login: face.login(nowMs), heartbeat: face.heartbeat(nowMs) }
}
