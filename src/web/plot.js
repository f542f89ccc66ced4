import uPlot from '/assets/uplot/uPlot.esm.js'
import { offsetMinutes, padded, tick, token, wallClock } from './chart.js'

const HEIGHT = 320
const COLOURS = ['--accent', '--warn', '--bad']

/**
 * Draws curves over each other: `lines` are `{ label, items: [{ at, value }], shiftMs, isPast }`. What
 * is of another day is shifted to the day shown, and drawn with dashes.
 */
export function drawLines(element, lines, { chinese, days, onPoint }) {
  element.replaceChildren()
  const size = () => ({ width: element.clientWidth - 16, height: HEIGHT })
  const tables = lines.map(({ items, shiftMs = 0 }) => [
    items.map(({ at }) => (Date.parse(at) + shiftMs) / 1_000),
    // Numbers are for the eye only; the table below shows the exact digits.
    items.map(({ value }) => Number(value)),
  ])
  const day = chinese ? '{M}月{D}日' : '{D} {MMM}'
  const axis = {
    stroke: token('--soft'),
    grid: { stroke: token('--grid'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  const hours = [
    [3_600, '{HH}:{mm}', null, null, null, null, null, null, 1],
    [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
  ]
  const one = [86_400, day, null, null, null, null, null, null, 1]
  const options = {
    ...size(),
    tzDate: wallClock(offsetMinutes(lines[0]?.items[0]?.at ?? '')),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, low, high) => padded(low, high) } },
    axes: [
      { ...axis, space: 60, values: days ? [one] : hours, ...(days && { incrs: [86_400] }) },
      { ...axis, size: 64, values: (_plot, splits) => splits.map(tick) },
    ],
    series: [
      {},
      ...lines.map(({ label, isPast, colour }) => ({
        label,
        stroke: token(isPast ? '--soft' : COLOURS[colour % COLOURS.length]),
        width: isPast ? 1.25 : 1.75,
        dash: isPast ? [5, 4] : undefined,
        spanGaps: true,
        points: { show: days === true, size: 5 },
      })),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null, plot.data)] },
  }
  const plot = new uPlot(options, uPlot.join(tables), element)
  return { resize: () => plot.setSize(size()), destroy: () => plot.destroy() }
}
