import { once } from 'node:events'
import { expect, vi } from 'vitest'
import { patience, start, testFolder } from './support.ts'

/** A page in Chromium without a window, by its DevTools protocol. */
export class Page {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, (answer: Answer) => void>()
  /** What the page wrote to its console as an error, and what it threw. */
  readonly complaints: string[] = []
  #number = 0

  /** Opens Chromium at an address, as wide as a phone or a desk. */
  static async open(address: string, width = 1_280): Promise<Page> {
    const browser = start('/usr/bin/chromium', [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      ...['--remote-debugging-port=0', `--user-data-dir=${testFolder()}`, '--lang=en'],
      ...[`--window-size=${width},900`, address],
    ])
    const [, port = ''] = await browser.says(/ws:\/\/127\.0\.0\.1:(\d+)/)
    const url = await vi.waitUntil(async () => {
      const tabs = await (await fetch(`http://127.0.0.1:${port}/json`)).text()
      const all: readonly Tab[] = JSON.parse(tabs)
      return all.find(({ type }) => type === 'page')?.webSocketDebuggerUrl
    }, patience)
    const socket = new WebSocket(url)
    await once(socket, 'open')
    const page = new Page(socket)
    await page.#call('Runtime.enable', {})
    await page.#call('Log.enable', {})
    return page
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#heard(JSON.parse(String(data))))
  }

  /** What an expression comes to in the page. */
  async find(expression: string): Promise<unknown> {
    const asked = { expression, returnByValue: true, awaitPromise: true }
    const { result } = await this.#call('Runtime.evaluate', asked)
    return result?.result?.value
  }

  /** The words that somebody sees in an element: none where it is hidden. */
  async words(selector: string): Promise<string> {
    const seen = `((node) => (node?.checkVisibility() ? node.innerText : ''))`
    const quoted = JSON.stringify(selector)
    return String(await this.find(`${seen}(document.querySelector(${quoted}))`))
  }

  /** Waits until somebody sees such words in an element. */
  async shows(selector: string, words: string | RegExp): Promise<void> {
    await vi.waitFor(async () => expect(await this.words(selector)).toMatch(words), patience)
  }

  async click(selector: string): Promise<void> {
    await this.find(`document.querySelector(${JSON.stringify(selector)}).click()`)
  }

  async type(selector: string, words: string): Promise<void> {
    const [quoted, value] = [JSON.stringify(selector), JSON.stringify(words)]
    await this.find(`document.querySelector(${quoted}).value = ${value}`)
  }

  #heard(message: Answer): void {
    const { id, method, params } = message
    if (id !== undefined) this.#answers.get(id)?.(message)
    if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') {
      this.complaints.push(JSON.stringify(params))
    }
  }

  #call(method: string, params: object): Promise<Answer> {
    const id = ++this.#number
    return new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }
}

interface Tab {
  readonly type: string
  readonly webSocketDebuggerUrl: string
}

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: { readonly result?: { readonly value?: unknown } }
}
