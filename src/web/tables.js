import { meterName, registerName, timeText } from './words.js'

/** One line of a table; the last cell is a number. */
export function row(...cells) {
  const line = document.createElement('tr')
  cells.forEach((content, index) => {
    const cell = document.createElement('td')
    if (index === cells.length - 1) cell.className = 'number'
    cell.append(...content)
    line.append(cell)
  })
  return line
}

function span(className, words) {
  const node = document.createElement('span')
  node.className = className
  node.textContent = words
  return node
}

/** The newest readings, the newest first; who works with the keyboard stays on their meter. */
export function showNewest(live) {
  const rows = document.getElementById('newest-rows')
  document.getElementById('newest-empty').hidden = live.newest.length > 0
  const focused = document.activeElement?.dataset?.meter
  rows.replaceChildren(...live.newest.map((reading) => readingRow(reading, live.at.slice(0, 10))))
  if (focused) rows.querySelector(`[data-meter="${focused}"]`)?.focus()
}

/** Time, meter, register and value; the meter's button says which curve it leads to. */
function readingRow(reading, today) {
  const meter = document.createElement('button')
  meter.type = 'button'
  meter.textContent = meterName(reading)
  meter.title = meterName(reading)
  meter.dataset.meter = String(reading.meter)
  meter.dataset.register = reading.register
  const what = span('what', registerName(reading.register))
  what.title = reading.register
  const below = what.cloneNode(true)
  below.classList.add('below')
  const value = [reading.value, span('unit', reading.unit)]
  return row([timeText(reading.at, today)], [meter, below], [what], value)
}
