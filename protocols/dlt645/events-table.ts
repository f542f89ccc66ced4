import type { EventCode } from '#protocols/model'

/**
 * Event records (事件记录) by their identifiers in display order: what counts them and what one of
 * them is read by. `pp` stands for the phase, 01 to 03, and `nn` for the record, 01 the newest.
 */
export type EventRow = readonly [
  code: EventCode,
  count: string,
  record: string,
  /** Which of the record's times says when it began, where it is not the first. */
  began: 'first' | 'last',
  clause: string,
]

// biome-ignore format: a table, one row a line
export const eventRows: readonly EventRow[] = [
  ['voltage-loss', '03010000', '0301ppnn', 'first', 'A.4'],
  ['under-voltage', '03020000', '0302ppnn', 'first', 'A.4'],
  ['over-voltage', '03030000', '0303ppnn', 'first', 'A.4'],
  ['phase-loss', '03040000', '0304ppnn', 'first', 'A.4'],
  ['all-voltage-loss', '03050000', '030500nn', 'first', 'A.4'],
  ['auxiliary-loss', '03060000', '030600nn', 'first', 'A.4'],
  ['voltage-sequence', '03070000', '030700nn', 'first', 'A.4'],
  ['current-sequence', '03080000', '030800nn', 'first', 'A.4'],
  ['voltage-unbalance', '03090000', '030900nn', 'first', 'A.4'],
  ['current-unbalance', '030A0000', '030A00nn', 'first', 'A.4'],
  ['current-loss', '030B0000', '030Bppnn', 'first', 'A.4'],
  ['over-current', '030C0000', '030Cppnn', 'first', 'A.4'],
  ['current-cut', '030D0000', '030Dppnn', 'first', 'A.4'],
  ['power-reversed', '030E0000', '030Eppnn', 'first', 'A.4'],
  ['overload', '030F0000', '030Fppnn', 'first', 'A.4'],
  ['power-failure', '03110000', '031100nn', 'first', 'A.4'],
  ['programming', '03300000', '033000nn', 'first', 'A.4'],
  ['meter-clear', '03300100', '033001nn', 'first', 'A.4'],
  ['demand-clear', '03300200', '033002nn', 'first', 'A.4'],
  ['event-clear', '03300300', '033003nn', 'first', 'A.4'],
  // Before and after: the event is of the clock that was set right.
  ['clock-set', '03300400', '033004nn', 'last', 'A.4'],
  ['period-table-set', '03300500', '033005nn', 'first', 'A.4'],
  ['zone-table-set', '03300600', '033006nn', 'first', 'A.4'],
  ['rest-days-set', '03300700', '033007nn', 'first', 'A.4'],
  ['holidays-set', '03300800', '033008nn', 'first', 'A.4'],
  ['active-combination-set', '03300900', '033009nn', 'first', 'A.4'],
  ['reactive-combination-set', '03300A00', '03300Ann', 'first', 'A.4'],
  ['reactive-combination-set', '03300B00', '03300Bnn', 'first', 'A.4'],
  ['settlement-days-set', '03300C00', '03300Cnn', 'first', 'A.4'],
  ['cover-open', '03300D00', '03300Dnn', 'first', 'A.4'],
  ['terminal-cover-open', '03300E00', '03300Enn', 'first', 'A.4'],
  ['magnetic-field', '03350000', '033500nn', 'first', 'State Grid'],
  ['relay-fault', '03360000', '033600nn', 'first', 'State Grid'],
  ['power-supply-abnormal', '03370000', '033700nn', 'first', 'State Grid'],
  // 单项事件
  ['voltage-loss', '10pp0001', '10ppFFnn', 'first', 'State Grid'],
  ['under-voltage', '11pp0001', '11ppFFnn', 'first', 'State Grid'],
  ['over-voltage', '12pp0001', '12ppFFnn', 'first', 'State Grid'],
  ['phase-loss', '13pp0001', '13ppFFnn', 'first', 'State Grid'],
  ['voltage-sequence', '14000001', '1400FFnn', 'first', 'State Grid'],
  ['current-sequence', '15000001', '1500FFnn', 'first', 'State Grid'],
  ['voltage-unbalance', '16000001', '1600FFnn', 'first', 'State Grid'],
  ['current-unbalance', '17000001', '1700FFnn', 'first', 'State Grid'],
  ['current-loss', '18pp0001', '18ppFFnn', 'first', 'State Grid'],
  ['over-current', '19pp0001', '19ppFFnn', 'first', 'State Grid'],
  ['current-cut', '1App0001', '1AppFFnn', 'first', 'State Grid'],
  ['power-reversed', '1Bpp0001', '1BppFFnn', 'first', 'State Grid'],
  ['overload', '1Cpp0001', '1CppFFnn', 'first', 'State Grid'],
  ['trip', '1D000001', '1D00FFnn', 'first', 'State Grid'],
  ['close', '1E000001', '1E00FFnn', 'first', 'State Grid'],
  ['power-factor-low', '1F000001', '1F00FFnn', 'first', 'State Grid'],
]
