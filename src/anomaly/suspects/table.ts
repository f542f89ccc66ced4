import type { CivilTime } from '#src/core'
import type { Sheet } from '#src/sheets'
import { kWhText } from './kwh-text.ts'
import type { EvidencePack } from './types.ts'

/** Values of cells that nothing is known of are empty. */
const text = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

/** The pack as one table (证据清单): a row for each fact, with when it was and what it counts in. */
export function evidenceTable(pack: EvidencePack, civil: CivilTime): Sheet {
  const { suspect, money, means } = pack
  const at = (moment: Parameters<CivilTime['iso']>[0] | null) =>
    moment === null ? '' : civil.iso(moment)
  const row = (part: string, what: string, from: string, to: string, value: unknown, unit = '') => [
    ...[part, what, from, to],
    ...[text(value), unit],
  ]
  const energy = (value: bigint | null) => (value === null ? '' : kWhText(value))
  return {
    name: `evidence-${suspect.usagePoint}`,
    columns: ['part', 'what', 'from', 'to', 'value', 'unit'].map((title) => {
      return { title, kind: 'text' as const }
    }),
    rows: [
      row('suspect', 'usage point', suspect.from, suspect.to, suspect.usagePoint),
      row('suspect', 'area', suspect.from, suspect.to, suspect.node),
      row('suspect', 'score', suspect.since, suspect.to, suspect.score, 'of 100'),
      row('suspect', 'not billed', suspect.since, suspect.to, kWhText(suspect.energy), 'kWh'),
      row('suspect', 'at least', suspect.since, suspect.to, kWhText(suspect.energyLow), 'kWh'),
      row('suspect', 'at most', suspect.since, suspect.to, kWhText(suspect.energyHigh), 'kWh'),
      row('suspect', 'manner', suspect.since, suspect.to, suspect.manner),
      row('suspect', 'computed', at(suspect.computedAt), '', ''),
      row('money', 'price', suspect.to, suspect.to, money.price, 'CNY/kWh'),
      row('money', 'worth', suspect.since, suspect.to, money.worth, 'CNY'),
      row('money', 'at least', suspect.since, suspect.to, money.worthLow, 'CNY'),
      row('money', 'at most', suspect.since, suspect.to, money.worthHigh, 'CNY'),
      ...(
        [
          ['metered here', means.energy],
          ['lost in the area', means.areaLoss],
          ['lost without the suspect', means.areaLossWithout],
        ] as const
      ).flatMap(([what, mean]) => [
        row(
          'mean',
          `${what} before`,
          suspect.from,
          suspect.since,
          energy(mean.before),
          'kWh a day',
        ),
        row('mean', `${what} since`, suspect.since, suspect.to, energy(mean.since), 'kWh a day'),
      ]),
      ...Object.entries(suspect.detail).map(([name, value]) =>
        row('why', name, suspect.since, suspect.to, value),
      ),
      ...pack.method.map((sentence) => row('method', sentence, '', '', '')),
      ...pack.days.flatMap(({ date, energy: used, areaLoss, explained }) => [
        row('day', 'metered here', date, date, energy(used), 'kWh'),
        row('day', 'lost in the area', date, date, energy(areaLoss), 'kWh'),
        row(
          'day',
          'lost without the suspect',
          date,
          date,
          areaLoss === null || explained === null ? '' : kWhText(areaLoss - explained),
          'kWh',
        ),
      ]),
      ...pack.hours.flatMap(({ hour, before, since }) => [
        row(`hour ${hour}`, 'mean before', suspect.from, suspect.since, before, 'kWh'),
        row(`hour ${hour}`, 'mean since', suspect.since, suspect.to, since, 'kWh'),
      ]),
      ...pack.registers.map((one) =>
        row(
          'register',
          `${one.register} of ${one.meter}`,
          at(one.at),
          '',
          one.value,
          'kWh as shown',
        ),
      ),
      ...pack.events.map((one) => row('event', one.code, at(one.at), at(one.endedAt), '')),
      ...pack.anomalies.flatMap((one) => {
        const what = `${one.code}, version ${one.version} (${one.state})`
        return [
          row('anomaly', what, one.beganOn, one.lastOn, one.score, 'of 100'),
          row('anomaly', `${what}: evidence`, one.beganOn, one.lastOn, one.evidence),
        ]
      }),
      ...pack.peers.flatMap((one) => [
        row(
          'peer',
          `${one.usagePoint} before`,
          suspect.from,
          suspect.since,
          one.before,
          'kWh a day',
        ),
        row('peer', `${one.usagePoint} since`, suspect.since, suspect.to, one.since, 'kWh a day'),
      ]),
      ...pack.history.map((one) =>
        row('archive', `${one.what} ${one.name}`, at(one.from), at(one.to), one.detail),
      ),
    ],
  }
}
