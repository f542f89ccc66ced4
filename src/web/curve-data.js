import { get } from './server.js'
import { language } from './words.js'

const DAY_MS = 86_400_000
/** What one word on the page is of the meters: three phases lie over each other. */
const quantities = {
  ...{ load: ['load'], energy: ['energy'], power: ['power'], powerFactor: ['powerFactor'] },
  voltage: ['voltageA', 'voltageB', 'voltageC'],
  current: ['currentA', 'currentB', 'currentC'],
}
const units = { load: 'kW', energy: 'kWh', power: 'kW', voltage: 'V', current: 'A' }

export const dayAfter = (date, count = 1) =>
  new Date(Date.parse(`${date}T00:00Z`) + count * DAY_MS).toISOString().slice(0, 10)
const daysApart = (one, other) => Date.parse(`${one}T00:00Z`) - Date.parse(`${other}T00:00Z`)

export function monthOf(date) {
  const [year, month] = date.split('-').map(Number)
  const first = `${date.slice(0, 7)}-01`
  const next = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10)
  return { from: first, to: dayAfter(next, -1) }
}

const ask = (path, query) => get(`/api/v1/${path}?${new URLSearchParams(query)}`, language())

/** What there is to choose from, as far as it is a list. */
export async function choicesOf(kind) {
  if (kind === 'list') return (await ask('watch-lists', {})).items.map(({ id, name }) => [name, id])
  if (kind === 'group') return (await ask('usage-groups', {})).items.map(({ name }) => [name, name])
  if (kind === 'point' || kind === 'account') return []
  const { items } = await ask('grid', { kind, limit: '1000' })
  return items.map(({ code }) => [code, code])
}

/** State, present values and what is open, of all that belong to what was chosen. */
export async function lookAt(kind, key, compared) {
  const query = compared === '' ? {} : { compared }
  if (kind !== 'list') return ask(`watched/${kind}/${encodeURIComponent(key)}`, query)
  const found = await ask(`watch-lists/${key}/view`, query)
  return { ...found, total: found.items.length, sum: null }
}

/** Where the curve is, and where its file: `series` is a usage point, or null for the whole. */
function sources({ kind, sum, series, quantity, date }) {
  if (quantity === 'days') {
    const days = monthOf(date)
    return series === null
      ? [
          'statistics/energy',
          { by: 'none', period: 'day', ...days, [kind === 'group' ? 'group' : 'node']: sum },
        ]
      : ['usage', { usagePoint: series, register: '1.8.0', ...days }]
  }
  if (series === null)
    return ['statistics/load/curve', { by: kind, key: sum, from: date, to: date }]
  return ['statistics/curves', { points: series, from: date, to: dayAfter(date) }]
}

/** Of each phase a file of its own is no use: the first one that is asked for. */
export function fileOf(chosen, format) {
  const [path, query] = sources(chosen)
  const names = quantities[chosen.quantity]
  const quantity = path === 'statistics/curves' ? { quantity: names[0] } : {}
  return `/api/v1/${path}.${format}?${new URLSearchParams({ ...query, ...quantity })}`
}

/** Lines to draw of one day (or month), and of the day that it is compared with. */
export async function linesOf(chosen) {
  const shown = await linesOn(chosen)
  if (chosen.compared === '') return shown
  const base = chosen.quantity === 'days' ? monthOf : (date) => ({ from: date })
  const shiftMs = daysApart(base(chosen.date).from, base(chosen.compared).from)
  const past = await linesOn({ ...chosen, date: chosen.compared })
  return [...shown, ...past.map((line) => ({ ...line, shiftMs, isPast: true }))]
}

async function linesOn(chosen) {
  const { series, quantity, date } = chosen
  const [path, query] = sources(chosen)
  const line = { date, unit: units[quantity] ?? 'kWh', colour: 0 }
  if (quantity === 'days') {
    const { items } = await ask(path, { ...query, limit: '100' })
    const days = items
      .filter((item) => item.pointDays === undefined || item.pointDays.known > 0)
      .map((item) => ({ ...item, at: `${item.date ?? item.from}T00:00:00Z`, value: item.energy }))
    return [{ ...line, date: date.slice(0, 7), unit: 'kWh', name: '', items: days }]
  }
  if (series === null) {
    const { items } = await ask(path, query)
    const values = items.map((item) => {
      return { at: item.at, value: quantity === 'load' ? item.power : item.energy, quality: '' }
    })
    return [{ ...line, name: '', items: values }]
  }
  const names = quantities[quantity]
  const found = await Promise.all(names.map((name) => ask(path, { ...query, quantity: name })))
  return found.flatMap(({ unit, items }, colour) => {
    const name = names.length > 1 ? 'ABC'[colour] : ''
    const told = items[0]?.items ?? []
    return told.length > 0 || colour === 0 ? [{ ...line, unit, colour, name, items: told }] : []
  })
}
