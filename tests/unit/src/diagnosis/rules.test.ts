import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  causes,
  judge,
  type LineEvidence,
  likenessOfCallers,
  type MeterEvidence,
  slips,
  textOf,
} from '#src/diagnosis'

const well: LineEvidence = {
  hasConcentrator: true,
  daySeconds: 40_000,
  onlineSeconds: 39_000,
  sessions: 1,
  shortSessions: 0,
  wasOnlineBefore: true,
  isOnline: true,
  awaySeconds: 0,
  collects: false,
  wasHeard: false,
  meters: 100,
  received: 97,
  silentMeters: 1,
  damagedMeters: 0,
  refusedMeters: 0,
  probedMeters: 0,
  otherSpeakers: 0,
  strangers: 0,
  guests: 0,
  likenessOfCaller: 0,
  clock: null,
  outageSeconds: 0,
  outageAgoSeconds: null,
}
const noTalk = {
  visits: 0,
  heard: 0,
  silent: 0,
  damaged: 0,
  clashed: 0,
  mismatched: 0,
  refused: 0,
  denied: 0,
}

function causeOf(
  change: Partial<Omit<MeterEvidence, 'talk' | 'line'>> & {
    readonly talk?: Partial<MeterEvidence['talk']>
    readonly line?: Partial<LineEvidence>
  },
): string {
  const { talk, line, ...rest } = change
  return judge({
    reason: 'timeout',
    missing: 1,
    speaks: null,
    answersOthers: false,
    isElsewhere: false,
    clock: null,
    ...rest,
    talk: { ...noTalk, ...talk },
    line: { ...well, ...line },
  }).cause
}

/** A line that is there and on which nobody answers. */
const mute = { received: 0, silentMeters: 90 }
const away = { onlineSeconds: 0, sessions: 0, isOnline: false, received: 0, silentMeters: 0 }

describe('why something of a meter is missing', () => {
  it.each([
    ['no-network', { reason: null, line: { ...away, wasOnlineBefore: false } }],
    ['device-off', { reason: null, line: away }],
    ['login-refused', { reason: null, line: { ...away, likenessOfCaller: 0.95 } }],
    ['device-off', { talk: { silent: 3 }, line: { received: 0, silentMeters: 60 } }],
    ['garbage', { talk: { damaged: 3 }, line: { received: 2, damagedMeters: 80 } }],
    ['garbage', { talk: { damaged: 5, clashed: 1 } }],
    ['duplicate-address', { talk: { damaged: 5, clashed: 5 } }],
    ['refusal', { reason: 'refused', talk: { refused: 1 } }],
    ['clock-wrong', { reason: 'other-time', talk: { heard: 2 } }],
    // It knows the day, and the last that it froze is of another.
    ['refusal', { reason: 'other-time', talk: { heard: 2 }, clock: 'right' }],
    ['clock-wrong', { reason: 'other-time', talk: { heard: 2 }, clock: 'wrong' }],
    ['clock-wrong', { reason: 'refused', line: { received: 0, refusedMeters: 90 } }],
    ['refusal', { reason: 'refused', line: { received: 0, refusedMeters: 90, clock: 'right' } }],
    ['clock-wrong', { reason: 'no-value', line: { received: 0, clock: 'wrong' } }],
    // Without a right date nothing was frozen, and what is not there is refused.
    ['clock-wrong', { reason: 'refused', talk: { refused: 1 }, clock: 'wrong' }],
    ['refusal', { reason: 'refused', talk: { refused: 1 }, clock: 'right' }],
    ['meter-silent', { talk: { silent: 4 }, clock: 'wrong' }],
    ['device-off', { reason: 'offline', line: { onlineSeconds: 9_000, isOnline: false } }],
    ['meter-silent', { talk: { silent: 4 }, line: { isOnline: false } }],
    [
      'no-network',
      {
        reason: null,
        line: { sessions: 4, shortSessions: 4, isOnline: false, awaySeconds: 9_000, received: 0 },
      },
    ],
    // It still calls, and every time it is cut off before anything could be asked.
    [
      'flapping',
      {
        reason: 'not-asked',
        line: { sessions: 300, shortSessions: 300, isOnline: false, awaySeconds: 40, received: 0 },
      },
    ],
    ['meter-silent', { reason: 'no-value', line: { collects: true, clock: 'right' } }],
    [
      'meter-silent',
      {
        reason: 'no-value',
        line: { collects: true, clock: 'right', received: 0, silentMeters: 0 },
      },
    ],
    ['refusal', { reason: 'no-value', talk: { heard: 2 }, clock: 'right' }],
    ['clock-wrong', { reason: 'no-value', talk: { heard: 2 }, clock: 'wrong' }],
    ['refusal', { talk: { silent: 6 }, answersOthers: true }],
    ['clock-wrong', { talk: { silent: 6 }, answersOthers: true, clock: 'wrong' }],
    ['wrong-address', { talk: { silent: 6 }, isElsewhere: true }],
    [
      'wrong-protocol',
      { talk: { silent: 6 }, line: { ...mute, probedMeters: 3, otherSpeakers: 3 } },
    ],
    ['wrong-address', { talk: { silent: 6 }, line: { ...mute, probedMeters: 3, guests: 40 } }],
    ['meter-silent', { talk: { silent: 6 }, line: { ...mute, wasHeard: true } }],
    ['device-off', { talk: { silent: 6 }, line: { ...mute, probedMeters: 3 } }],
    [
      'flapping',
      { reason: 'transport', line: { sessions: 40, shortSessions: 40, onlineSeconds: 9_000 } },
    ],
    ['wrong-protocol', { talk: { silent: 4 }, speaks: 'dlt645-1997' }],
    ['wrong-address', { talk: { silent: 4 }, line: { strangers: 1 } }],
    ['wrong-address', { talk: { silent: 1, mismatched: 4 } }],
    ['meter-silent', { talk: { silent: 4 } }],
    ['database', { reason: null, line: { outageSeconds: 30_000 } }],
    ['database', { reason: null, line: { outageSeconds: 720, outageAgoSeconds: 60 } }],
    // The database was away and is back for long: something else keeps it.
    [
      'not-asked',
      { reason: null, line: { received: 40, outageSeconds: 720, outageAgoSeconds: 7_200 } },
    ],
    ['meter-silent', { talk: { silent: 4 }, line: { outageSeconds: 720, outageAgoSeconds: 60 } }],
    ['clock-wrong', { reason: null }],
    ['not-asked', { reason: null, line: { received: 40 } }],
  ] as const)('is %s by its evidence', (cause, evidence) => {
    expect(causeOf(evidence)).toBe(cause)
  })

  it('is never told of a meter alone where its whole line is away', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.nat(9), (silent, damaged, refused) => {
        const cause = causeOf({ talk: { silent, damaged, refused }, line: away })
        expect(['no-network', 'device-off', 'login-refused']).toContain(cause)
      }),
    )
  })

  it('has a sentence in two languages and something to do for each cause', () => {
    for (const cause of causes) {
      const { zh, en, todoZh, todoEn } = textOf(cause)
      for (const text of [zh, en, todoZh, todoEn]) expect(text).not.toBe('')
    }
  })

  it('takes an absent concentrator for who calls by its number in another order of bytes', () => {
    const of = (absent: readonly string[], caller: string, doubled: readonly string[] = []) => {
      const parties = (identities: readonly string[]) =>
        identities.map((identity) => ({ identity, protocol: 'gdw376' }))
      const callers = caller === '' ? [] : [caller]
      const likeness = likenessOfCallers(parties(absent), parties(callers), parties(doubled))
      return absent.map((identity) => likeness.get(identity))
    }
    expect(of(['3302-0064', '3302-0092', '3302-00E3'], '0233-0092')).toEqual([0, 0.95, 0])
    expect(of(['330200000164'], '640100000233')[0]).toBeGreaterThan(0.9)
    // Two call by one name: a slip of the hand and a copy of the neighbour's number lead there, and
    // any other digit does not: a device may have two cards.
    expect(of(['330200000104', '330200000160'], '', ['330200000103'])).toEqual([0.9, 0])
    expect(of(['330200000120'], '', ['330200000102'])).toEqual([0.9])
    expect(of(['3302-00E3'], '', ['3302-0003'])).toEqual([0])
    expect(of(['3302-0010'], '', ['3302-000F'])).toEqual([0.9])
  })

  it('takes two neighbours that changed places for one slip', () => {
    expect(slips('330200000012', '330200000021')).toBe(1)
    expect(slips('330200000012', '330200000013')).toBe(1)
    expect(slips('330200000012', '330200000012')).toBe(0)
    expect(slips('330200000012', '3302')).toBe(Number.POSITIVE_INFINITY)
  })
})
