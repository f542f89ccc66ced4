import type { Cause, Speech } from './kinds.ts'

/*
 * A fourth set of faults, written by somebody who had seen neither the rules of diagnosis nor how
 * any head-end asks: more often whole neighbourhoods, hours of the day and faults that come together
 * than single devices. What a row says holds from before the day on, unless it says otherwise; what
 * is physically wrong decides which cause is true, and where that has no name, the work that ends it.
 */

type Row<Name extends string> = readonly [
  Name,
  'unseen',
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
export const unseenLinks = rowsOf([
  // The mains of four neighbours failed at 23:00 and are back at 03:00, with meters that make up
  // for the midnight they missed, as DL/T 645 wants them to. Who is still asking then reads all.
  ['mains-cut', 'unseen', 0.03, null, all],
  // Four neighbours under one mast that fell: their supply is well, and none of them is heard.
  ['mast-down', 'unseen', 0.02, 'no-network', all],
  // A terminal with two cards whose firmware calls with both at once, under one number: each call
  // ends the other, and both would answer.
  ['two-cards', 'unseen', 0.015, null, all],
  // A watchdog that bites: up for twenty seconds, away for forty, without end. In the twenty it is
  // well, and there are many of them: not to be read is the reader's fault.
  ['reboots', 'unseen', 0.015, null, all],
  // The volume of its card is spent, and the operator has slowed it down, as contracts have it.
  ['volume-spent', 'unseen', 0.015, null, all],
  // A repeater of the bus, or of the carrier, is dead: of what hangs behind it nothing is heard.
  // The meters are well, so is their archive; there is no nearer name for it than that they are
  // silent. Terminals say so by what they have of them.
  ['dead-repeater', 'unseen', 0.025, null, all],
  // Half a street was given to the next transformer area, and the archive was not told.
  ['street-moved', 'unseen', 0.02, null, transparent],
  // A master that was days behind set the clocks of all meters one by one. The terminal is right.
  ['told-wrong-time', 'unseen', 0.015, null, buses],
  // The converter sends its own words back before each answer, and where there is none. Three of
  // its ten meters have no supply, so that nothing but the echo comes of them.
  ['echoes', 'unseen', 0.02, null, transparent],
  // A module that says so in plain text where no meter answered it; again three have no supply.
  ['says-timeout', 'unseen', 0.02, null, transparent],
  // Another bus lies beside it and its answers are heard here too, whole ones, before each answer
  // and where there is none; again three have no supply.
  ['overhears', 'unseen', 0.02, null, transparent],
  // A pump with a bad inverter runs until two: until then no answer is whole, then all are.
  ['pump-runs', 'unseen', 0.015, null, transparent],
  // The converter turns round too late: the beginning of every answer is gone.
  ['turns-late', 'unseen', 0.015, 'garbage', transparent],
  // A terminal of DL/T 698.45 was put in its place under its number and reads the meters itself.
  ['other-maker', 'unseen', 0.015, 'wrong-protocol', transparent],
  // The number of its neighbour was copied into it with all other parameters: two devices call
  // under one number and each ends the call of the other. It is known under no name of its own, as
  // a misspelt one is; two of one number is said of meters on a line. The neighbour whose number it
  // is can be read by whoever keeps the two apart. In pairs.
  ['borrowed-name', 'unseen', 0.02, 'login-refused', buses],
  ['lent-name', 'unseen', 0, null, buses],
  // Its first word is its heartbeat's: 45 s after it called it says who it is.
  ['greets-late', 'unseen', 0.015, null, transparent],
  // The two bytes of its region are in the wrong order.
  ['region-turned', 'unseen', 0.04, 'login-refused', ['gdw376']],
  // Half of its list was lost: of half of its metering points it knows nothing, and denies them.
  ['list-half', 'unseen', 0.04, null, ['gdw376']],
  // It reads its meters once a day and at three: until then it has nothing of the day.
  ['collects-late', 'unseen', 0.035, null, terminals],
  // Its battery is empty: since the last failure of supply it lives in the year 2000 and collects
  // nothing. Its meters are right and answer whoever asks them through it: they can be read.
  ['forgot-time', 'unseen', 0.04, null, ['dlt698']],
])

/** Of meters, behind concentrators that are well. */
export const unseenMeters = rowsOf([
  // Its freezes were switched off nine days ago; it is right about the time and gives the last one
  // it has. What it lacks is what a meter that never froze lacks: the order to do it.
  ['last-froze', 'unseen', 0.006, 'refusal', transparent],
  // No battery and no time: its clock, and when it froze, are zeros.
  ['no-time', 'unseen', 0.006, 'clock-wrong', transparent],
  // It sleeps until wake-up bytes come (前导字节), which the standard allows it to want.
  ['sleeps', 'unseen', 0.006, null, transparent],
  // Known to its terminal, which reads it in vain: the house has no supply.
  ['cold', 'unseen', 0.012, 'meter-silent', ['dlt698']],
  // Those below come with a concentrator's fault, see `unseenBehind`.
  ['behind-repeater', 'unseen', 0, 'meter-silent', all],
  ['moved-street', 'unseen', 0, 'wrong-address', transparent],
  ['misled', 'unseen', 0, 'clock-wrong', buses],
  ['unlisted', 'unseen', 0, 'refusal', ['gdw376']],
  ['dark-with-echo', 'unseen', 0, 'meter-silent', transparent],
  ['dark-with-text', 'unseen', 0, 'meter-silent', transparent],
  ['dark-with-others', 'unseen', 0, 'meter-silent', transparent],
])

interface Behind {
  readonly meter: (typeof unseenMeters)[number][0]
  readonly share: number
}

/** What hangs behind a concentrator of a kind: its last meters, so many of all, are of this kind. */
export const unseenBehind: ReadonlyMap<string, Behind> = new Map<string, Behind>([
  ['dead-repeater', { meter: 'behind-repeater', share: 0.5 }],
  ['street-moved', { meter: 'moved-street', share: 0.5 }],
  ['told-wrong-time', { meter: 'misled', share: 1 }],
  ['list-half', { meter: 'unlisted', share: 0.5 }],
  ['echoes', { meter: 'dark-with-echo', share: 0.3 }],
  ['says-timeout', { meter: 'dark-with-text', share: 0.3 }],
  ['overhears', { meter: 'dark-with-others', share: 0.3 }],
])
