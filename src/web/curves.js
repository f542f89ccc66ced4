import { token } from './chart.js'
import { choicesOf, fileOf, linesOf, lookAt } from './curve-data.js'
import { lineName, showFigures, showLegend, showOpen, showStates, showTwin } from './curve-view.js'
import { drawLines } from './plot.js'
import { get, hasToken, Refused, save, whileSeen } from './server.js'
import { language, learnRegisters, switchLanguage, text } from './words.js'

const AGAIN_MS = 30_000
const KINDS = ['point', 'account', 'list', 'group', 'feeder', 'area', 'bus', 'substation', 'region']
const QUANTITIES = ['load', 'energy', 'power', 'voltage', 'current', 'powerFactor', 'days']
/** What a sum has. */
const OF_SUMS = ['load', 'energy', 'days']
/** The whole, in the choice of whose curve is shown. */
const WHOLE = ''

const element = (id) => document.getElementById(id)
/** `asked`: what the form said; `seen`: what is known of it; `lines`: what is drawn. */
const state = { asked: null, seen: null, lines: [], plot: null, choices: [], turn: 0 }

function translate() {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en'
  for (const node of document.querySelectorAll('[data-text]')) {
    node.textContent = text(node.dataset.text)
  }
  element('language').textContent = text('language')
  element('language').lang = language() === 'zh' ? 'en' : 'zh-CN'
  fill(
    element('kind'),
    KINDS.map((kind) => [text(`of-${kind}`), kind]),
  )
  fill(
    element('quantity'),
    QUANTITIES.map((name) => [text(`q-${name}`), name]),
  )
  if (state.seen) show()
}

function fill(select, options) {
  const chosen = select.value
  select.replaceChildren(...options.map(([words, value]) => new Option(words, value)))
  if (options.some(([, value]) => String(value) === chosen)) select.value = chosen
}

/** Whoever is not signed in, or may not look, is told so in place of the page. */
function turnAway(words) {
  element('door').hidden = false
  element('door-said').textContent = text(words)
  element('curves').hidden = true
}

const say = (words) => {
  element('said').textContent = words
}

async function attempt(run) {
  try {
    await run()
  } catch (error) {
    if (state.seen === null) element('as-of').hidden = true
    if (!(error instanceof Refused)) say(text('noServer'))
    else if (error.status === 401) turnAway('sessionOver')
    else if (error.status === 403) turnAway('forbidden')
    else say([error.message, error.problem.detail].filter(Boolean).join(' '))
  }
}

async function loadChoices() {
  const kind = element('kind').value
  const choices = await choicesOf(kind)
  // Somebody may have chosen another one meanwhile.
  if (element('kind').value !== kind) return
  state.choices = choices
  const options = choices.map(([words]) => new Option(words))
  element('keys').replaceChildren(...options)
  const isFree = kind === 'point' || kind === 'account'
  // What was said of something asked meanwhile stays.
  if (!isFree && choices.length === 0) say(text('nothingToWatch'))
}

/** A list goes by its number, whatever it is called. */
function keyAsked() {
  const words = element('key').value.trim()
  const found = state.choices.find(([name]) => name === words)
  return found ? String(found[1]) : words
}

async function ask() {
  say('')
  const kind = element('kind').value
  const key = keyAsked()
  if (key === '' || (kind === 'list' && !/^\d+$/.test(key))) {
    say(text(state.choices.length > 0 || kind !== 'list' ? 'chooseFirst' : 'nothingToWatch'))
    element('key').focus()
    return
  }
  state.asked = { kind, key, name: element('key').value.trim() }
  state.seen = null
  for (const id of ['shown', 'states', 'open']) element(id).hidden = true
  element('series').replaceChildren()
  await load()
}

async function load() {
  const { asked } = state
  if (asked === null) return
  const turn = ++state.turn
  element('as-of').hidden = false
  if (state.seen === null) element('as-of').textContent = text('loading')
  const seen = await lookAt(asked.kind, asked.key, element('compared').value)
  if (element('date').value === '') element('date').value = seen.at.slice(0, 10)
  const points = seen.items.map(({ code }) => [code, code])
  fill(element('series'), seen.sum === null ? points : [[text('theWhole'), WHOLE], ...points])
  const lines = await linesOf(chosenOf(seen))
  // What was asked later counts.
  if (turn !== state.turn) return
  Object.assign(state, { seen, lines })
  keepAddress()
  show()
}

function chosenOf(seen) {
  const series = element('series').value
  const quantity = element('quantity').value
  const isWhole = series === WHOLE && seen.sum !== null
  if (isWhole && !OF_SUMS.includes(quantity)) {
    say(text('onlyOfOne'))
    element('quantity').value = 'load'
  }
  return {
    ...{ kind: state.asked.kind, sum: seen.sum, quantity: element('quantity').value },
    ...{ series: isWhole ? null : series },
    ...{ date: element('date').value, compared: element('compared').value },
  }
}

function show() {
  const { seen, lines } = state
  const chosen = chosenOf(seen)
  const { quantity, date } = chosen
  const whose = chosen.series ?? state.asked.name
  element('as-of').textContent = text('asOf', seen.at.slice(0, 19).replace('T', ' '))
  element('shown').hidden = false
  const title = `${whose} · ${text(`q-${quantity}`)} · ${quantity === 'days' ? date.slice(0, 7) : date}`
  element('shown-title').textContent = title
  const isSome = lines.some(({ items }) => items.length > 0)
  for (const id of ['chart', 'twin', 'readout', 'legend', 'figures', 'csv', 'xlsx']) {
    element(id).hidden = !isSome
  }
  element('chart-empty').hidden = isSome
  element('chart-empty').textContent = text('noData', title)
  if (isSome) draw(quantity, title, date)
  showStates(seen)
  showOpen(seen)
}

function draw(quantity, title, date) {
  const { lines } = state
  const colours = ['--accent', '--warn', '--bad'].map(token)
  showLegend(lines, colours)
  showFigures(lines, quantity)
  showTwin(lines, quantity)
  state.plot?.destroy()
  const options = { chinese: language() === 'zh', days: quantity === 'days', onPoint: showPoint }
  state.plot = drawLines(element('chart'), lines, options)
  element('chart').setAttribute('aria-label', text('curveLabel', title, date))
  showPoint(null)
}

/** What is under the pointer, or the newest. */
function showPoint(index, data) {
  const { lines } = state
  const at = index ?? null
  const parts = lines.flatMap((line, which) => {
    const value = at === null ? line.items.at(-1)?.value : data?.[which + 1]?.[at]
    return value == null ? [] : [`${lineName(line)}: ${value} ${line.unit}`]
  })
  element('readout').textContent = parts.join('   ')
}

/** The address says what is shown, so that it can be kept or sent to somebody. */
function keepAddress() {
  const { kind, name } = state.asked
  const fields = ['series', 'quantity', 'date', 'compared'].map((id) => [id, element(id).value])
  history.replaceState(
    null,
    '',
    `#${new URLSearchParams([['kind', kind], ['key', name], ...fields])}`,
  )
}

async function start() {
  if (!hasToken()) return turnAway('signInFirst')
  const kept = new URLSearchParams(location.hash.slice(1))
  for (const id of ['kind', 'quantity', 'date', 'compared']) {
    if (kept.has(id)) element(id).value = kept.get(id)
  }
  learnRegisters((await get('/api/v1/registers', language())).items)
  await loadChoices()
  if (!kept.has('key')) return
  element('key').value = kept.get('key')
  await ask()
  const series = kept.get('series') ?? WHOLE
  if ([...element('series').options].some(({ value }) => value === series)) {
    element('series').value = series
    await load()
  }
}

element('language').addEventListener('click', () => {
  switchLanguage()
  translate()
})
element('kind').addEventListener('change', () => {
  element('key').value = ''
  // What was offered was of another kind.
  element('keys').replaceChildren()
  state.choices = []
  say('')
  void attempt(loadChoices)
})
element('ask').addEventListener('submit', (event) => {
  event.preventDefault()
  void attempt(ask)
})
for (const id of ['quantity', 'date', 'compared', 'series']) {
  element(id).addEventListener('change', () => {
    say('')
    void attempt(load)
  })
}
for (const format of ['csv', 'xlsx']) {
  element(format).addEventListener('click', () =>
    attempt(() => save(fileOf(chosenOf(state.seen), format), language())),
  )
}
element('state-rows').addEventListener('click', ({ target }) => {
  const point = target.closest('button')?.dataset.point
  if (point === undefined) return
  element('series').value = point
  void attempt(load)
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => state.seen && show())
new ResizeObserver(() => state.plot?.resize()).observe(element('chart'))
whileSeen(AGAIN_MS, () => {
  if (element('date').value === state.seen?.at.slice(0, 10)) void attempt(load)
})

translate()
void attempt(start)
