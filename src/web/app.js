import { drawCurve } from './chart.js'
import { loadDay, showDay } from './day.js'
import { decide, loadDoor, showDoor } from './door.js'
import { showFigures } from './figures.js'
import { follow, get, hasToken, Refused, signIn, signOut } from './server.js'
import { row, showNewest } from './tables.js'
import {
  ageText,
  agoText,
  language,
  learnRegisters,
  meterName,
  registerName,
  switchLanguage,
  text,
  timeText,
  unitText,
} from './words.js'

const STALE_AFTER_MS = 10_000
const CURVE_EVERY_MS = 30_000
const DAY_EVERY_MS = 30_000
const DOOR_EVERY_MS = 5_000
const PREFERRED = ['16.7.0', '1.8.0', '32.7.0']

const element = (id) => document.getElementById(id)
const state = {
  live: null,
  /** When the last news came, by the page's own clock. */
  heardAt: 0,
  meters: [],
  curve: null,
  plot: null,
  stop: null,
}

function translate() {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en'
  for (const node of document.querySelectorAll('[data-text]')) {
    node.textContent = text(node.dataset.text)
  }
  element('language').textContent = text('language')
  element('language').lang = language() === 'zh' ? 'en' : 'zh-CN'
  fillMeters()
  fillRegisters([...element('register').options].map((option) => option.value))
  showLive()
  showCurve()
  showDay()
  showDoor()
}

/* ---- sign-in ---- */

function showSignIn(message = '') {
  state.stop?.abort()
  state.stop = null
  element('board').hidden = true
  element('freshness').hidden = true
  element('sign-out').hidden = true
  element('sign-in').hidden = false
  element('sign-in-error').textContent = message
  element('sign-in-form').elements.namedItem('username').focus()
}

async function submitSignIn(event) {
  event.preventDefault()
  const form = event.currentTarget
  const button = form.querySelector('button')
  const fields = new FormData(form)
  button.disabled = true
  element('sign-in-error').textContent = ''
  try {
    await signIn(fields.get('username'), fields.get('password'), language())
    form.reset()
    await showBoard()
  } catch (error) {
    element('sign-in-error').textContent =
      error instanceof Refused ? error.message : text('noServer')
  } finally {
    button.disabled = false
  }
}

async function leave(message) {
  await signOut(language())
  showSignIn(message)
}

/* ---- board ---- */

async function showBoard() {
  element('sign-in').hidden = true
  element('board').hidden = false
  element('freshness').hidden = false
  element('sign-out').hidden = false
  state.heardAt = performance.now()
  state.stop = new AbortController()
  const { signal } = state.stop
  showFreshness()
  void follow(language(), signal, hear, (status) =>
    leave(text(status === 401 ? 'sessionOver' : 'notAllowed')),
  )
  repeat(CURVE_EVERY_MS, signal, loadCurve)
  repeat(DAY_EVERY_MS, signal, loadDay)
  repeat(DOOR_EVERY_MS, signal, loadDoor)
  await Promise.all([loadMeters, loadDay, loadDoor].map(attempt))
}

function repeat(ms, signal, run) {
  const timer = setInterval(() => attempt(run), ms)
  signal.addEventListener('abort', () => clearInterval(timer))
}

/** A refusal of the token leads back to the door; anything else is tried again later. */
async function attempt(run) {
  try {
    await run()
  } catch (error) {
    if (error instanceof Refused && error.status === 401) await leave(text('sessionOver'))
  }
}

function hear(live) {
  const first = state.live === null
  state.live = live
  state.heardAt = performance.now()
  showLive()
  if (first || state.meters.length === 0) void attempt(loadMeters)
}

function showLive() {
  const { live } = state
  if (!live) return
  showFigures(live)
  showNewest(live)
  showFreshness()
}

/** Ages grow between the news, so they are shown every second. */
function showFreshness() {
  if (element('board').hidden) return
  const { live } = state
  const silentMs = performance.now() - state.heardAt
  const stale = silentMs > STALE_AFTER_MS
  element('freshness').dataset.state = stale ? 'stale' : 'live'
  const age = ageText(silentMs)
  setText('freshness-text', live ? text(stale ? 'stale' : 'live', age) : text('connecting'))
  const newest = live?.newest[0]
  const newestMs = newest ? Date.parse(live.at) - Date.parse(newest.receivedAt) + silentMs : null
  setText('newest-age', newestMs === null ? '–' : agoText(newestMs))
  setText(
    'newest-note',
    newest
      ? `${timeText(newest.at, live.at.slice(0, 10))} · ${meterName(newest)}`
      : text('noReadings'),
  )
}

function setText(id, words) {
  if (element(id).textContent !== words) element(id).textContent = words
}

/* ---- curve ---- */

async function loadMeters() {
  learnRegisters((await get('/api/v1/registers', language())).items)
  const page = await get('/api/v1/meters?limit=1000', language())
  state.meters = page.items
  fillMeters()
  if (state.meters.length > 0) await loadRegisters()
  else showCurve()
}

function fillMeters() {
  const select = element('meter')
  const chosen = select.value
  const groups = Map.groupBy(state.meters, (meter) => meter.concentrator ?? meter.channel)
  const nodes = [...groups].map(([concentrator, meters]) => {
    const group = document.createElement('optgroup')
    group.label = concentrator
    group.append(...meters.map((meter) => new Option(meterName(meter), String(meter.id))))
    return group
  })
  select.replaceChildren(...nodes)
  if (state.meters.some((meter) => String(meter.id) === chosen)) select.value = chosen
}

/** The registers this meter has sent, the most telling one first. */
async function loadRegisters(wanted = element('register').value) {
  const { value: meter } = element('meter')
  const page = await get(`/api/v1/meters/${meter}/readings?limit=200`, language())
  const found = [...new Set(page.items.map((item) => item.register))]
  const rank = (code) => (PREFERRED.includes(code) ? PREFERRED.indexOf(code) : PREFERRED.length)
  fillRegisters(
    found.sort((a, b) => rank(a) - rank(b)),
    wanted,
  )
  await loadCurve()
}

function fillRegisters(codes, wanted = element('register').value) {
  const options = codes.map((code) => {
    const name = registerName(code)
    return new Option(name === code ? code : `${name} (${code})`, code)
  })
  element('register').replaceChildren(...options)
  if (codes.includes(wanted)) element('register').value = wanted
}

async function loadCurve() {
  const meter = element('meter').value
  const register = element('register').value
  if (meter === '' || register === '') {
    state.curve = null
    showCurve()
    return
  }
  const hours = Number(element('span').value)
  const now = state.live ? Date.parse(state.live.at) : Date.now()
  const query = new URLSearchParams({
    register,
    from: new Date(now - hours * 3_600_000).toISOString(),
    to: new Date(now + 60_000).toISOString(),
    points: '600',
  })
  const curve = await get(`/api/v1/meters/${meter}/curve?${query}`, language())
  // Somebody may have chosen another one meanwhile.
  if (element('meter').value !== meter || element('register').value !== register) return
  state.curve = { ...curve, until: now / 1_000 }
  showCurve()
}

function showCurve() {
  state.plot?.destroy()
  state.plot = null
  const { curve } = state
  const some = curve !== null && curve.items.length > 0
  element('chart').hidden = !some
  element('twin').hidden = !some
  element('readout').hidden = !some
  element('chart-empty').hidden = some
  element('chart-empty').textContent = text(state.meters.length === 0 ? 'noMeters' : 'noCurve')
  if (!some) return
  const chinese = language() === 'zh'
  state.plot = drawCurve(element('chart'), curve, { chinese, onPoint: showPoint })
  showPoint(null)
  const address = element('meter').selectedOptions[0]?.textContent ?? ''
  const span = element('span').selectedOptions[0]?.textContent ?? ''
  const label = text('chartLabel', registerName(curve.register), address, span)
  element('chart').setAttribute('aria-label', label)
  element('twin-unit').textContent = `${registerName(curve.register)}${unitText(curve.unit)}`
  const newestFirst = curve.items.toReversed()
  const rows = newestFirst.map((item) =>
    row([item.at.slice(0, 19).replace('T', ' ')], [item.value]),
  )
  element('twin-rows').replaceChildren(...rows)
}

/** The point under the pointer, or the newest one. */
function showPoint(point) {
  const { curve } = state
  const shown = point ?? curve?.items.at(-1)
  if (!shown) return
  const value = document.createElement('b')
  value.textContent = `${shown.value} ${curve.unit}`
  const time = document.createElement('span')
  time.textContent = ` ${shown.at.slice(0, 19).replace('T', ' ')}`
  element('readout').replaceChildren(value, time)
}

/* ---- start ---- */

element('sign-in-form').addEventListener('submit', submitSignIn)
element('sign-out').addEventListener('click', () => leave(''))
element('language').addEventListener('click', () => {
  switchLanguage()
  translate()
})
for (const id of ['choose', 'day-choose']) {
  element(id).addEventListener('submit', (event) => event.preventDefault())
}
element('day-choose').addEventListener('change', () => attempt(loadDay))
element('door-rows').addEventListener('click', (event) => attempt(() => decide(event)))
element('meter').addEventListener('change', () => attempt(() => loadRegisters()))
element('register').addEventListener('change', () => attempt(loadCurve))
element('span').addEventListener('change', () => attempt(loadCurve))
element('newest-rows').addEventListener('click', (event) => {
  const button = event.target.closest('button')
  if (!button) return
  element('meter').value = button.dataset.meter
  void attempt(() => loadRegisters(button.dataset.register))
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showCurve)
new ResizeObserver(() => state.plot?.resize()).observe(element('chart'))
setInterval(showFreshness, 1_000)

translate()
if (hasToken()) void showBoard()
else showSignIn()
