import type { CivilTime } from '#src/core'
import { kWhText } from './kwh-text.ts'
import type { EvidencePack } from './types.ts'

const WIDTH = 720
const HEIGHT = 160

/** The pack as a page to print and sign (证据单). */
export function evidenceSheet(pack: EvidencePack, civil: CivilTime): string {
  const { suspect, days, hours, registers, events, anomalies, archive, method } = pack
  const { history, peers, means, money } = pack
  const { since } = suspect
  const mean = (value: bigint | null) => (value === null ? '–' : kWhText(value))
  const table = (titles: readonly string[], rows: readonly (readonly string[])[]) =>
    `<table><tr>${titles.map((one) => `<th>${text(one)}</th>`).join('')}</tr>${rows
      .map((row) => `<tr>${row.map((one) => `<td>${text(one)}</td>`).join('')}</tr>`)
      .join('')}</table>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Evidence ${text(suspect.usagePoint)}</title>
<style>body{font:12px sans-serif;margin:2em;max-width:${WIDTH}px}table{border-collapse:collapse;margin:.5em 0}
td,th{border:1px solid #999;padding:2px 6px;text-align:left}svg{border:1px solid #999}h2{break-after:avoid}</style></head><body>
<h1>Evidence: usage point ${text(suspect.usagePoint)}</h1>
<p>Area ${text(suspect.node)}, ${suspect.from} to ${suspect.to}; computed ${civil.iso(suspect.computedAt)}.</p>
<p><b>Score ${suspect.score} of 100. Since ${since}. Not billed: ${kWhText(suspect.energy)} kWh
(${kWhText(suspect.energyLow)} to ${kWhText(suspect.energyHigh)} kWh), worth about ${money.worth}
(${money.worthLow} to ${money.worthHigh}) at ${money.price} a kWh.</b></p>
<h2>Before and since</h2>
${table(
  ['mean of a day', `before ${since}`, `since ${since}`],
  [
    ['metered here, kWh', mean(means.energy.before), mean(means.energy.since)],
    ['lost in the area, kWh', mean(means.areaLoss.before), mean(means.areaLoss.since)],
    [
      'lost there without this one, kWh',
      ...[mean(means.areaLossWithout.before), mean(means.areaLossWithout.since)],
    ],
  ],
)}
<h2>Metered here, by day</h2>${chart(days, 'energy', since)}
<h2>Lost in the area, by day</h2>${chart(days, 'areaLoss', since)}
<h2>By hour of the day, kWh</h2>
${table(
  ['hour', 'before', 'since'],
  hours.map((one) => [String(one.hour), one.before ?? '–', one.since ?? '–']),
)}
<h2>Why</h2>${table(
    ['reason', 'value'],
    Object.entries(suspect.detail).map(([name, value]) => [name, show(value)]),
  )}
<h2>How it was computed</h2><ol>${method.map((one) => `<li>${text(one)}</li>`).join('')}</ol>
<h2>Events of the meter</h2>${table(
    ['event', 'at', 'until'],
    events.map((one) => [
      one.code,
      civil.iso(one.at),
      one.endedAt === null ? '' : civil.iso(one.endedAt),
    ]),
  )}
<h2>Other findings</h2>${table(
    ['rule', 'version', 'score', 'state', 'from', 'to'],
    anomalies.map((one) => [
      ...[one.code, String(one.version), String(one.score), one.state, one.beganOn, one.lastOn],
    ]),
  )}
<h2>Registers as read</h2>${table(
    ['meter', 'register', 'at', 'value', 'received'],
    registers.map((one) => [
      ...[one.meter, one.register, civil.iso(one.at), one.value, civil.iso(one.receivedAt)],
    ]),
  )}
<h2>Archive on ${since}</h2>${table(
    ['what', ''],
    Object.entries(archive).map(([name, value]) => [name, show(value)]),
  )}
<h2>Who and what hung there</h2>${table(
    ['what', '', 'from', 'to', ''],
    history.map((one) => [
      ...[one.what, one.name, civil.iso(one.from), one.to === null ? '' : civil.iso(one.to)],
      show(one.detail),
    ]),
  )}
<h2>Neighbours, mean kWh of a day</h2>${table(
    ['usage point', 'before', 'since', 'since / before'],
    peers.map((one) => [
      one.isSuspect ? `${one.usagePoint} (this one)` : one.usagePoint,
      ...[one.before ?? '–', one.since ?? '–', one.change ?? '–'],
    ]),
  )}
<p>Checked by: ______________________ &nbsp; Date: ______________</p>
</body></html>
`
}

function chart(days: EvidencePack['days'], of: 'energy' | 'areaLoss', since: string): string {
  const values = days.map((day) => Number(day[of] ?? 0n) / 1e6)
  const most = Math.max(...values, 1e-9)
  const step = WIDTH / Math.max(1, days.length)
  const bars = values.map((value, index) => {
    const height = (Math.max(0, value) / most) * (HEIGHT - 20)
    const colour = (days[index]?.date ?? '') < since ? '#789' : '#c53'
    return `<rect x="${(index * step).toFixed(1)}" y="${(HEIGHT - height).toFixed(1)}" width="${(step * 0.8).toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}"/>`
  })
  return `<svg width="${WIDTH}" height="${HEIGHT}" role="img"><text x="4" y="14" font-size="11">${most.toFixed(2)} kWh</text>${bars.join('')}</svg>`
}

const show = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

const text = (value: string) => value.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`)
