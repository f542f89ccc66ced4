import { expect, it } from 'vitest'
import type { DlmsRequest } from '#protocols/dlms'
import { dlmsFace, standardDlms } from '#simulators/faces'
import { gcm } from '../protocols/dlms/aes-gcm.ts'
import { dlms, drawn, keys, meterAt, withKeys } from './dlms-visit.ts'
import { NOON_MS } from './field.ts'

const wrongKeys = { ...withKeys, authenticationKey: 'FFD1D2D3D4D5D6D7D8D9DADBDCDDDEDF' }

/** Whatever follows refusals, as a line asks it. */
function framesSent(framing: 'hdlc' | 'wrapper', asked: object): number {
  const address = framing === 'hdlc' ? '1/17' : '1'
  const security = { keys, password: '12345678' }
  const face = dlmsFace([meterAt(address)], { ...standardDlms(framing, gcm), ...security })
  const place = { address, profile: framing, access: asked }
  const session = dlms.session(place, drawn)
  const [request] = session.plan(['1.8.0'], place).requests
  const scanner = session.scanner()
  let refusals = 0
  let sent = 0
  for (let next: DlmsRequest | null = request ?? null; next && sent < 50; sent++) {
    const [answer] = face
      .receive(session.encode(next), NOON_MS)
      .flatMap((chunk) => scanner.push(chunk))
    if (!answer) break
    const decoded = session.decode(answer)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    expect(session.answers(next, decoded.response)).toBe(true)
    if (decoded.kind === 'refusal') refusals++
    next = session.follow(next, decoded.response)
  }
  expect(refusals).toBeGreaterThan(0)
  return sent
}

it('a meter that turned us away is left, and is not asked again', () => {
  // The association, its proof where there is one, and leaving; HDLC opens and closes the link too.
  expect(framesSent('wrapper', { password: '87654321', client: 1 })).toBeLessThanOrEqual(3)
  expect(framesSent('wrapper', wrongKeys)).toBeLessThanOrEqual(3)
  expect(framesSent('hdlc', { password: '87654321', client: 1 })).toBeLessThanOrEqual(4)
  expect(framesSent('hdlc', wrongKeys)).toBeLessThanOrEqual(4)
})
