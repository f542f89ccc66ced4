import uPlot from '/assets/uplot/uPlot.esm.js'

const HEIGHT_MIN = 280
/** A young curve is not stretched to the width of its two points. */
const WIDTH_MIN_S = 600

export const token = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** A date whose local fields are the utility's wall clock, whatever zone the browser is in. */
export function wallClock(offsetMinutes) {
  return (seconds) => {
    const shifted = new Date((seconds + offsetMinutes * 60) * 1_000)
    return new Date(
      shifted.getUTCFullYear(),
      shifted.getUTCMonth(),
      shifted.getUTCDate(),
      shifted.getUTCHours(),
      shifted.getUTCMinutes(),
      shifted.getUTCSeconds(),
    )
  }
}

/** Minutes of `…+08:00`, 0 for `…Z`. */
export function offsetMinutes(iso) {
  const match = /([+-])(\d{2}):(\d{2})$/.exec(iso)
  if (!match) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}

/** Draws points `{ at, value }` and says which one is under the pointer. */
export function drawCurve(element, curve, { chinese, onPoint }) {
  element.replaceChildren()
  const size = () => ({
    width: element.clientWidth - 16,
    height: Math.max(HEIGHT_MIN, element.clientHeight),
  })
  const times = curve.items.map((item) => Date.parse(item.at) / 1_000)
  // Numbers are for the eye only; the table beside shows the exact digits.
  const values = curve.items.map((item) => Number(item.value))
  const offset = offsetMinutes(curve.items[0]?.at ?? '')
  const axis = {
    stroke: token('--soft'),
    grid: { stroke: token('--grid'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  const day = chinese ? '{M}月{D}日' : '{D} {MMM}'
  const options = {
    ...size(),
    tzDate: wallClock(offset),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_plot, first) => [Math.min(first, curve.until - WIDTH_MIN_S), curve.until] },
      y: { range: (_plot, low, high) => padded(low, high) },
    },
    axes: [
      {
        ...axis,
        space: 70,
        values: [
          [86_400, day, null, null, null, null, null, null, 1],
          [3_600, '{HH}:{mm}', `\n${day}`, null, `\n${day}`, null, null, null, 1],
          [60, '{HH}:{mm}', `\n${day}`, null, `\n${day}`, null, null, null, 1],
          [1, '{HH}:{mm}:{ss}', `\n${day}`, null, `\n${day}`, null, null, null, 1],
        ],
      },
      { ...axis, size: 64, values: (_plot, splits) => splits.map(tick) },
    ],
    series: [
      {},
      {
        stroke: token('--accent'),
        width: 1.75,
        fill: token('--fill'),
        points: { show: values.length < 40, size: 4, fill: token('--accent') },
      },
    ],
    hooks: {
      setCursor: [(plot) => onPoint(curve.items[plot.cursor.idx] ?? null)],
    },
  }
  const plot = new uPlot(options, [times, values], element)
  return {
    resize: () => plot.setSize(size()),
    destroy: () => plot.destroy(),
  }
}

export const tick = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 6 })

/** Some air above and below, and a band even where nothing changed. */
export function padded(low, high) {
  if (low === null || high === null) return [0, 1]
  const room = (high - low) * 0.1 || Math.abs(high) * 0.05 || 1
  const bottom = low >= 0 && low - room < 0 ? 0 : low - room
  return [bottom, high + room]
}
