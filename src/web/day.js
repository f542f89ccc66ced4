import { get } from './server.js'
import { row } from './tables.js'
import { language, number, text } from './words.js'

const element = (id) => document.getElementById(id)
const KPIS = ['finalSuccess', 'firstPassSuccess', 'timeliness', 'onlineRate']
/** Of ten thousand concentrators those that need somebody. */
const ROWS_MAX = 200
const percent = { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 2 }

let shown = null

/** What was due on a day, what came of it, and why the rest did not (采集日报). */
export async function loadDay() {
  const date = element('day').value
  const by = element('day-by').value
  const range = date === '' ? '' : `from=${date}&to=${date}&`
  const [kpis, causes] = await Promise.all([
    get(`/api/v1/collection/kpis?${range}by=${by}`, language()),
    get(`/api/v1/diagnosis${date === '' ? '' : `?date=${date}`}`, language()),
  ])
  // Somebody may have chosen another one meanwhile.
  if (element('day').value !== date || element('day-by').value !== by) return
  shown = { kpis, causes }
  showDay()
}

export function showDay() {
  if (!shown) return
  const { kpis, causes } = shown
  element('day').max = kpis.to
  if (element('day').value === '') element('day').value = kpis.to
  const worstFirst = kpis.items.toSorted((one, other) => successOf(one) - successOf(other))
  element('day-rows').replaceChildren(...worstFirst.slice(0, ROWS_MAX).map(groupRow))
  const isMore = kpis.items.length > ROWS_MAX
  element('day-more').hidden = !isMore
  if (isMore) {
    element('day-more').textContent = text('worst', number(ROWS_MAX), number(kpis.items.length))
  }
  element('day-empty').hidden = kpis.items.length > 0
  showFormulas(kpis.items[0]?.kpis ?? [])
  const missing = causes.items.toSorted((one, other) => other.slots - one.slots)
  element('cause-rows').replaceChildren(...missing.map(causeRow))
  element('causes').hidden = missing.length === 0
}

/** Where nothing has ended yet nothing is wrong. */
function successOf({ kpis }) {
  return Number(kpis.find(({ name }) => name === 'finalSuccess')?.value ?? 1)
}

function groupRow({ group, counts, kpis }) {
  const { due, received, late, givenUp, estimated } = counts
  const came = [received, late, estimated, givenUp, due].map((count) => [number(count)])
  const rates = KPIS.map((name) => [rateText(kpis.find((one) => one.name === name))])
  const name = group || text(shown.kpis.by === 'all' ? 'all' : 'none')
  const line = row([name], ...came, ...rates)
  for (const cell of [...line.children].slice(1)) cell.className = 'number'
  for (const [index, kpi] of KPIS.entries()) {
    const rate = kpis.find((one) => one.name === kpi)
    const cell = line.children[came.length + 1 + index]
    if (rate) cell.title = `${number(rate.numerator)} / ${number(rate.denominator)}`
  }
  return line
}

/** Nothing has ended yet where there is no rate. */
function rateText(rate) {
  return rate?.value == null ? '–' : number(Number(rate.value), percent)
}

/** The formula stands beside every figure: in the foot of the table, for each column. */
function showFormulas(kpis) {
  const lines = KPIS.flatMap((name) => {
    const rate = kpis.find((one) => one.name === name)
    if (!rate) return []
    const line = document.createElement('p')
    const term = document.createElement('b')
    term.textContent = `${text(name)} = `
    line.append(term, rate.formula)
    return [line]
  })
  element('day-formulas').replaceChildren(...lines)
}

function causeRow({ says, saysZh, todo, todoZh, meters, slots }) {
  const [what, next] = language() === 'zh' ? [saysZh, todoZh] : [says, todo]
  const line = row([what], [next], [number(meters)], [number(slots)])
  line.children[0].className = 'wrap'
  line.children[1].className = 'wrap'
  line.children[2].className = 'number'
  return line
}
