import type { Cause, Speech } from './kinds.ts'

/*
 * A third set of faults, written by somebody who had not seen the rules of diagnosis, from what goes
 * wrong in the field, each in another form than those of the other two sets. What a row says holds
 * from before the day on, unless it says otherwise. Where more than one cause could be called true,
 * the comment says why it is this one: what is physically wrong decides, not what can be seen of it;
 * and where that has no name, the work that ends it.
 */

type Row<Name extends string> = readonly [
  Name,
  'blind',
  share: number,
  Cause | null,
  readonly Speech[],
]

const all: readonly Speech[] = ['dlt645-2007', 'gdw376', 'dlt698']
const buses: readonly Speech[] = ['dlt645-2007', 'dlt698']
const transparent: readonly Speech[] = ['dlt645-2007']
const terminals: readonly Speech[] = ['gdw376', 'dlt698']

function rowsOf<const Name extends string>(rows: readonly Row<Name>[]): readonly Row<Name>[] {
  return rows
}

/** Of concentrators. */
export const blindLinks = rowsOf([
  // The operator's address translation forgets the connection after three minutes: it stays open,
  // and nothing comes through until the device gives it up. Who is quick, or tries again, reads all.
  ['forgotten-by-nat', 'blind', 0.015, null, all],
  // It called, its supply was switched off (a site that works by day), and it is back after 50
  // minutes: the day has time enough.
  ['comes-back', 'blind', 0.015, null, all],
  // An antenna in a cellar: six answers of ten are lost, no more than patience can mend.
  ['weak-signal', 'blind', 0.015, null, all],
  // A cell so full that each answer takes 9 to 15 s, and comes.
  ['congested', 'blind', 0.015, null, all],
  // Each connection is cut a tenth of a second after it stands, before any answer can be under way;
  // it calls again at once, all day. No network would be as true of the operator; but a device that
  // comes and goes without end is what flapping means, and it has a SIM card and power.
  ['cut-at-once', 'blind', 0.012, 'flapping', all],
  // It says goodbye (退出登录) with its greeting and is gone, as a terminal does whose supply is
  // switched off and which has a battery for the last word. True from its one call on.
  ['says-goodbye', 'blind', 0.03, 'device-off', terminals],
  // Its number in the order of the wire: the pairs of digits from the last to the first.
  ['backwards', 'blind', 0.012, 'login-refused', buses],
  // Its module says the number of the modem (IMEI) instead of the concentrator's.
  ['says-imei', 'blind', 0.015, 'login-refused', transparent],
  // RS-485 is shorted: the terminal is well, answers of itself, has all meters in its list and has
  // nothing of any of them. Only where a terminal can say so: behind a transparent module the same
  // short looks as a module does that passes nothing on.
  ['bus-shorted', 'blind', 0.03, 'meter-silent', terminals],
  // It lost its parameters: it knows no metering point, and denies what is asked of any. The meters
  // are where they were; what keeps their data away is the terminal's no, so a refusal, and not a
  // wrong address: no number in the archive is wrong.
  ['list-lost', 'blind', 0.03, 'refusal', ['gdw376']],
  // It and its meters were told to give records to nobody without proof, and say so to each question.
  ['denies-records', 'blind', 0.03, 'refusal', ['dlt698']],
  // Two neighbours were put up in each other's place: each is heard under the other's number, and
  // the meters of the archive hang behind the other. Each meter is as well as its concentrator is;
  // what is wrong is where the archive has them. In pairs, where both speak alike.
  ['exchanged', 'blind', 0.012, 'wrong-address', buses],
  // An estate whose meters were never renewed: all of the edition of 1997.
  ['old-estate', 'blind', 0.012, 'wrong-protocol', transparent],
  // A broken transceiver talks into every answer, and where nobody answers.
  ['babbler', 'blind', 0.012, 'garbage', transparent],
  // The terminal's modem is too slow for its port: of what is longer than its buffer bytes are lost.
  // Greetings and the time are short and come through.
  ['modem-overruns', 'blind', 0.02, 'garbage', terminals],
  // Somebody set the year: it is right in everything else, and has nothing of the day in a year.
  ['year-ahead', 'blind', 0.03, 'clock-wrong', ['gdw376']],
])

/** Of meters, behind concentrators that are well. */
export const blindMeters = rowsOf([
  // The house has no supply for the first 25 minutes that anybody asks.
  ['wakes-late', 'blind', 0.01, null, transparent],
  // A loose wire: one request of three is answered.
  ['loose-wire', 'blind', 0.01, null, transparent],
  // The terminal has it in its list and never had an answer of it: its data come empty.
  ['point-unread', 'blind', 0.012, 'meter-silent', ['gdw376']],
  // The terminal has no such metering point, and says no as it does where it lost all of them.
  ['point-unknown', 'blind', 0.012, 'refusal', ['gdw376']],
  // Two digits of its number changed places when it was entered.
  ['mistyped', 'blind', 0.005, 'wrong-address', buses],
  // It hears its number and answers under that of its works, so that nobody takes the answer for
  // its own. The number in its answers is what is wrong, and what has to be set.
  ['answers-as-another', 'blind', 0.004, 'wrong-address', transparent],
  // It hangs behind the next concentrator: it has power and answers to whoever asks there.
  ['next-door', 'blind', 0.006, 'wrong-address', transparent],
  // DL/T 645 at the port of a terminal that the archive says has 698.45 meters.
  ['speaks-645', 'blind', 0.012, 'wrong-protocol', ['dlt698']],
  // "Wrong password or no right" to each question for a freeze.
  ['no-right', 'blind', 0.004, 'refusal', transparent],
  // It answers for its freezes, and all their bytes are FF: never frozen. A frame that is whole and
  // says nothing is no garbage on the line; it is the meter's way to say that it has none.
  ['blank-freeze', 'blind', 0.004, 'refusal', transparent],
  // Old firmware that does not deny what it does not know but keeps silent, and answers everything
  // else. The meter is not silent, and not off: it will not say this.
  ['passes-over', 'blind', 0.004, 'refusal', transparent],
  // A month off, or a year, and right otherwise.
  ['month-off', 'blind', 0.004, 'clock-wrong', buses],
  ['year-off', 'blind', 0.004, 'clock-wrong', buses],
  // It shows UTC: its day begins eight hours late, and until then it has no freeze of it. Whoever
  // plays on until then finds it can be read.
  ['shows-utc', 'blind', 0.004, 'clock-wrong', buses],
  // Its clock stands still.
  ['stands-still', 'blind', 0.004, 'clock-wrong', transparent],
  // Bytes are lost in the middle of its longer answers, always the same: a buffer too short.
  ['overruns', 'blind', 0.004, 'garbage', transparent],
  // One bit of every byte is always set: a tired optocoupler.
  ['stuck-bit', 'blind', 0.004, 'garbage', transparent],
  // Two meters of one number, of which the second begins to answer some bytes after the first, never
  // the same number of them. The line is garbled, but no line is broken: somebody has to find two.
  ['overlap', 'blind', 0.005, 'duplicate-address', transparent],
])
