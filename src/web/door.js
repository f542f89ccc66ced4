import { get, post, Refused } from './server.js'
import { row } from './tables.js'
import { language, number, text, timeText } from './words.js'

const element = (id) => document.getElementById(id)
const SHOWN_MAX = 100

let waiting = { items: [], next: null }

/** Devices that called and are not in the archive (待认领); nothing where the role may not see them. */
export async function loadDoor() {
  waiting = await get(`/api/v1/quarantine?state=waiting&limit=${SHOWN_MAX}`, language())
  showDoor()
}

export function showDoor() {
  const { items, next } = waiting
  element('door').hidden = items.length === 0 && element('door-said').textContent === ''
  const count = number(items.length)
  element('door-count').textContent = next === null ? count : `${count}+`
  element('door-rows').replaceChildren(...items.map(deviceRow))
}

function deviceRow(device) {
  const { identity, reason, protocol, remoteAddress, lastSeenAt, calls } = device
  const actions = document.createElement('span')
  actions.className = 'actions'
  actions.append(button('adopt', device), button('block', device))
  const why = document.createElement('span')
  why.textContent = text(`reason-${reason}`)
  const from = `${protocol ?? '–'} · ${remoteAddress} · ${text('calls', number(calls))}`
  return row([identity || '–'], [why], [from], [timeText(lastSeenAt)], [actions])
}

function button(action, { id, identity }) {
  const node = document.createElement('button')
  node.type = 'button'
  node.textContent = text(action)
  node.setAttribute('aria-label', `${text(action)} ${identity}`)
  node.dataset.device = String(id)
  node.dataset.action = action
  return node
}

/** One click decides; what came of it is said in words, also a refusal. */
export async function decide(event) {
  const node = event.target.closest('button')
  if (!node) return
  const { device, action } = node.dataset
  const { identity } = waiting.items.find(({ id }) => String(id) === device) ?? {}
  node.disabled = true
  try {
    await post(`/api/v1/quarantine/${device}/${action}`, {}, language())
    element('door-said').textContent = text(`${action}ed`, identity)
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 401) throw error
    const { title, detail } = error.problem
    element('door-said').textContent = `${identity}: ${[title, detail].filter(Boolean).join('. ')}`
  } finally {
    node.disabled = false
  }
  await loadDoor()
}
