/** What an interface class is, and the names of its attributes from 2 on and methods from 1 on. */
export interface InterfaceClass {
  readonly name: string
  readonly attributes: readonly string[]
  readonly methods: readonly string[]
}

const named = (name: string, attributes = '', methods = ''): InterfaceClass => ({
  name,
  attributes: attributes.split(' '),
  methods: methods.split(' '),
})

/** Interface classes of the Blue Book (IEC 62056-6-2), by their class_id. */
const classes: Readonly<Record<number, InterfaceClass>> = {
  1: named('data', 'value'),
  3: named('register', 'value scaler_unit', 'reset'),
  4: named('extended register', 'value scaler_unit status capture_time', 'reset'),
  5: named(
    'demand register',
    'current_average_value last_average_value scaler_unit status capture_time start_time_current period number_of_periods',
    'reset next_period',
  ),
  6: named(
    'register activation',
    'register_assignment mask_list active_mask',
    'add_register add_mask delete_mask',
  ),
  7: named(
    'profile generic',
    'buffer capture_objects capture_period sort_method sort_object entries_in_use profile_entries',
    'reset capture',
  ),
  8: named(
    'clock',
    'time time_zone status daylight_savings_begin daylight_savings_end daylight_savings_deviation daylight_savings_enabled clock_base',
    'adjust_to_quarter adjust_to_measuring_period adjust_to_minute adjust_to_preset_time preset_adjusting_time shift_time',
  ),
  9: named('script table', 'scripts', 'execute'),
  10: named('schedule', 'entries', 'enable_disable insert delete'),
  11: named('special days table', 'entries', 'insert delete'),
  15: named(
    'association LN',
    'object_list associated_partners_id application_context_name xDLMS_context_info authentication_mechanism_name secret association_status security_setup_reference user_list current_user',
    'reply_to_HLS_authentication change_HLS_secret add_object remove_object add_user remove_user',
  ),
  17: named('SAP assignment', 'SAP_assignment_list', 'connect_logical_device'),
  18: named(
    'image transfer',
    'image_block_size image_transferred_blocks_status image_first_not_transferred_block_number image_transfer_enabled image_transfer_status image_to_activate_info',
    'image_transfer_initiate image_block_transfer image_verify image_activate',
  ),
  19: named('IEC local port setup'),
  20: named(
    'activity calendar',
    'calendar_name_active season_profile_active week_profile_table_active day_profile_table_active calendar_name_passive season_profile_passive week_profile_table_passive day_profile_table_passive activate_passive_calendar_time',
    'activate_passive_calendar',
  ),
  21: named('register monitor', 'thresholds monitored_value actions'),
  22: named('single action schedule', 'executed_script type execution_time'),
  23: named(
    'IEC HDLC setup',
    'comm_speed window_size_transmit window_size_receive max_info_field_length_transmit max_info_field_length_receive inter_octet_time_out inactivity_time_out device_address',
  ),
  24: named('IEC twisted pair setup'),
  25: named('M-Bus slave port setup'),
  26: named('utility tables'),
  27: named('modem configuration'),
  28: named('auto answer'),
  29: named('auto connect'),
  40: named(
    'push setup',
    'push_object_list send_destination_and_method communication_window randomisation_start_interval number_of_retries repetition_delay',
    'push',
  ),
  41: named('TCP-UDP setup'),
  42: named('IPv4 setup'),
  43: named('MAC address setup'),
  44: named('PPP setup'),
  45: named('GPRS modem setup'),
  47: named('GSM diagnostic'),
  48: named('IPv6 setup'),
  61: named('register table'),
  62: named('compact data'),
  63: named('status mapping'),
  64: named(
    'security setup',
    'security_policy security_suite client_system_title server_system_title certificates',
    'security_activate key_transfer key_agreement generate_key_pair generate_certificate_request import_certificate export_certificate remove_certificate',
  ),
  65: named('parameter monitor'),
  68: named('arbitrator'),
  70: named(
    'disconnect control',
    'output_state control_state control_mode',
    'remote_disconnect remote_reconnect',
  ),
  71: named(
    'limiter',
    'monitored_value threshold_active threshold_normal threshold_emergency min_over_threshold_duration min_under_threshold_duration emergency_profile emergency_profile_group_id_list emergency_profile_active actions',
  ),
  72: named('M-Bus client'),
  111: named('account'),
  112: named('credit'),
  113: named('charge'),
  115: named('token gateway'),
}

/** `class 3, register`, or the number alone. */
export function classText(classId: number): string {
  const known = classes[classId]
  return known ? `class ${classId}, ${known.name}` : `class ${classId}`
}

/** `attribute 2, value` or `method 1, reset` of a class, or the number alone. */
export function memberText(classId: number, id: number, what: 'attribute' | 'method'): string {
  const known = classes[classId]
  const named = what === 'attribute' ? known?.attributes[id - 2] : known?.methods[id - 1]
  const name = what === 'attribute' && id === 1 ? 'logical_name' : named
  return name ? `${what} ${id}, ${name}` : `${what} ${id}`
}
