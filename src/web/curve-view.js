import { row } from './tables.js'
import { number, registerName, text, timeText } from './words.js'

const element = (id) => document.getElementById(id)
/** Present values that say most, in this order. */
const PRESENT = ['16.7.0', '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0', '1.8.0']

const plain = (value) => number(Number(value), { maximumFractionDigits: 3 })

export function lineName({ name, date, isPast }) {
  return [name, isPast ? date : ''].filter((part) => part !== '').join(' · ') || date
}

export function showLegend(lines, colours) {
  element('legend').replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement('li')
      item.textContent = lineName(line)
      if (line.isPast) item.dataset.past = ''
      else item.style.setProperty('--line-colour', colours[line.colour % colours.length])
      return item
    }),
  )
}

/** Peak, least and mean; of energy the sum. Exact digits are in the table. */
export function showFigures(lines, quantity) {
  const isEnergy = quantity === 'energy' || quantity === 'days'
  const parts = lines.flatMap((line) => {
    const values = line.items.map(({ value }) => Number(value))
    if (values.length === 0) return []
    const sum = sumOf(line.items)
    const figures = [
      ['peak', Math.max(...values)],
      ['least', Math.min(...values)],
      isEnergy ? ['total', sum] : ['mean', Number(sum) / values.length],
    ]
    return figures.map(([word, value]) => {
      const term = document.createElement('dt')
      term.textContent = `${text(word)} · ${lineName(line)}`
      const told = document.createElement('dd')
      told.textContent = `${plain(value)} ${line.unit}`
      const pair = document.createElement('div')
      pair.append(term, told)
      return pair
    })
  })
  element('figures').replaceChildren(...parts)
}

/** The same as the chart, exact, the newest first. */
export function showTwin(lines, quantity) {
  const rows = new Map()
  const cut = quantity === 'days' ? 10 : 19
  for (const [index, { items, shiftMs = 0, isPast }] of lines.entries()) {
    for (const { at, value, quality } of items) {
      const key = Date.parse(at) + shiftMs
      const held = rows.get(key) ?? { time: '', values: lines.map(() => '–'), quality: '' }
      rows.set(key, held)
      if (!isPast || held.time === '') held.time = at.slice(0, cut).replace('T', ' ')
      held.values[index] = value
      if (!isPast && quality) held.quality = quality
    }
  }
  const heads = [
    text('time'),
    text('quality'),
    ...lines.map((line) => `${lineName(line)} (${line.unit})`),
  ]
  element('twin-head').replaceChildren(
    ...heads.map((words, index) => {
      const cell = document.createElement('th')
      cell.scope = 'col'
      cell.textContent = words
      if (index > 1) cell.className = 'number'
      return cell
    }),
  )
  const sorted = [...rows].sort(([one], [other]) => other - one)
  element('twin-rows').replaceChildren(
    ...sorted.map(([, { time, values, quality }]) => {
      const line = row([time], [quality], ...values.map((value) => [value]))
      for (const cell of [...line.children].slice(2)) cell.className = 'number'
      return line
    }),
  )
}

export function showStates({ items, total, at }) {
  const today = at.slice(0, 10)
  element('states').hidden = items.length === 0
  element('states-note').textContent =
    total > items.length ? text('firstOf', number(items.length), number(total)) : ''
  element('state-rows').replaceChildren(
    ...items.map((one) => {
      const choose = document.createElement('button')
      choose.type = 'button'
      choose.dataset.point = one.code
      choose.textContent = one.code
      const present = PRESENT.flatMap((code) =>
        one.latest.filter(({ register }) => register === code),
      )
      const told = present.slice(0, 4).map((value) => `${value.value} ${value.unit}`)
      const line = row(
        ...[[choose], [one.customer ?? '–'], [one.meter ?? '–']],
        ...[[text(one.online ? 'isOnline' : 'isOffline')], [one.supply ?? '–']],
        [one.lastHeard === null ? '–' : timeText(one.lastHeard, today)],
        [told.join(', ') || '–'],
      )
      if (!one.online) line.children[3].dataset.state = 'bad'
      line.lastChild.title = present.map(({ register }) => registerName(register)).join(', ')
      return line
    }),
  )
}

/** Exact, as energy is to be: in millionths. */
function sumOf(items) {
  const micro = items.reduce((sum, { value }) => {
    const [whole, part = ''] = value.replace('-', '').split('.')
    const size = BigInt(whole + part.padEnd(6, '0').slice(0, 6))
    return value.startsWith('-') ? sum - size : sum + size
  }, 0n)
  const size = String(micro < 0n ? -micro : micro).padStart(7, '0')
  return `${micro < 0n ? '-' : ''}${size.slice(0, -6)}.${size.slice(-6)}`
}

/** What is open, once for each usage point and kind, since the first of them. */
export function showOpen({ items, at }) {
  const open = new Map()
  const note = (since, code, source, kind) => {
    const key = `${code} ${source} ${kind}`
    const held = open.get(key) ?? { since, code, source, kind, count: 0 }
    open.set(key, held)
    held.count += 1
    if (since < held.since) held.since = since
  }
  for (const { code, events, findings } of items) {
    for (const event of events) note(event.since, code, 'device', event.code)
    for (const { since, source, kind } of findings) note(since, code, source, kind)
  }
  element('open').hidden = items.length === 0
  element('open-empty').hidden = open.size > 0
  const today = at.slice(0, 10)
  const sorted = [...open.values()].sort((one, other) => (one.since < other.since ? 1 : -1))
  element('open-rows').replaceChildren(
    ...sorted.map(({ since, code, source, kind, count }) => {
      const what = count > 1 ? `${kind} × ${number(count)}` : kind
      return row([timeText(since, today)], [code], [text(`from-${source}`)], [what])
    }),
  )
}
