import { curveTexts } from './curve-texts.js'
import { texts } from './texts.js'

const KEPT = 'hes.language'

function preferredLanguage() {
  const kept = localStorage.getItem(KEPT)
  if (kept === 'en' || kept === 'zh') return kept
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

let spoken = preferredLanguage()

/** `en` or `zh`: what the browser prefers until somebody chooses. */
export const language = () => spoken

export function switchLanguage() {
  spoken = spoken === 'zh' ? 'en' : 'zh'
  localStorage.setItem(KEPT, spoken)
}

export function text(key, ...about) {
  const words = texts[spoken][key] ?? curveTexts[spoken][key]
  return typeof words === 'function' ? words(...about) : words
}

export function number(value, options = {}) {
  return new Intl.NumberFormat(spoken, options).format(value)
}

export function ageText(ms) {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const [value, unit] =
    seconds < 100
      ? [seconds, 'second']
      : seconds < 5_400
        ? [Math.round(seconds / 60), 'minute']
        : seconds < 129_600
          ? [Math.round(seconds / 3_600), 'hour']
          : [Math.round(seconds / 86_400), 'day']
  return number(value, { style: 'unit', unit, unitDisplay: 'short' })
}

export const agoText = (ms) => (ms < 1_500 ? text('justNow') : text('ago', ageText(ms)))

const registers = new Map()

export function learnRegisters(items) {
  for (const item of items) registers.set(item.code, item)
}

/** The name from the register model; `, total` says nothing that a reader misses. */
export function registerName(code) {
  const item = registers.get(code)
  return item ? item[spoken].replace(/, total$/, '') : code
}

/** A unit number or the like means something only on its channel. */
export function meterName({ address, channel }) {
  return address.length < 6 ? `${channel}/${address}` : address
}

/** The utility's wall clock as the server wrote it; the date only where it is not today's. */
export function timeText(iso, today) {
  const time = iso.slice(11, 19)
  return iso.slice(0, 10) === today ? time : `${iso.slice(5, 10)} ${time}`
}

export const unitText = (unit) => (unit === '' ? '' : ` (${unit})`)
