import { agoText, number, text } from './words.js'

const element = (id) => document.getElementById(id)

/** Concentrators online, readings per minute and the success of the last round. */
export function showFigures(live) {
  const { online, total } = live.concentrators
  element('online').textContent = number(online)
  element('online-total').textContent = ` / ${number(total)}`
  element('online-note').textContent =
    online < total ? text('offline', number(total - online)) : total > 0 ? text('allOnline') : ''
  element('online-note').dataset.state = online < total ? 'warn' : ''
  element('per-minute').textContent = number(live.readingsPerMinute)
  showRound(live)
}

function showRound({ round, at }) {
  const note = element('round-note')
  if (!round) {
    element('round').textContent = '–'
    note.textContent = text('noRound')
    return
  }
  const share = round.expected === 0 ? 1 : round.answered / round.expected
  const digits = { style: 'percent', maximumFractionDigits: 1 }
  // Rounded down, so that only a whole round shows 100 %.
  const shown = Math.floor(share * 1_000) / 1_000
  element('round').textContent = number(shown, digits)
  const ago = agoText(Date.parse(at) - Date.parse(round.finishedAt))
  note.textContent = text('roundNote', number(round.answered), number(round.expected), ago)
  note.dataset.state = share < 0.95 ? 'warn' : ''
}
