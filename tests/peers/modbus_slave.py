"""An Eastron SDM630 as pymodbus plays it, filled with float32 values packed here by hand.

modbus_slave.py tcp | rtu-tcp          prints the port it was given
modbus_slave.py serial PATH

Unit 1 is the meter, unit 7 another one; unit 9 is a place on a gateway where no device answers;
every other unit is silent.
"""

import asyncio
import struct
import sys

from pymodbus.datastore import (
    ModbusSequentialDataBlock,
    ModbusServerContext,
    ModbusSlaveContext,
)
from pymodbus.exceptions import NoSuchSlaveException
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

# Input registers of the maker's table: number of the first (30001 is 0), value.
METER = {
    30001: 230.25,  # phase 1 line to neutral volts
    30003: 229.5,
    30005: 231.0,
    30007: 4.125,  # phase 1 current, A
    30013: 949.6875,  # phase 1 power, W
    30053: 2849.5,  # total system power, W
    30063: -0.875,  # total power factor
    30071: 49.98,  # frequency, Hz
    30073: 12345.678,  # total import, kWh
    30075: 0.5,  # total export, kWh
}
# Behind the end of this table the meter has no registers: exception 02.
REGISTERS = 0x0050


def registers(values):
    memory = bytearray(2 * REGISTERS)
    for number, value in values.items():
        struct.pack_into(">f", memory, 2 * (number - 30001), value)
    return list(struct.unpack(f">{REGISTERS}H", memory))


def slave(values):
    return ModbusSlaveContext(ir=ModbusSequentialDataBlock(0, registers(values)), zero_mode=True)


class Nobody(ModbusSlaveContext):
    """pymodbus answers for it with exception 0B, as a gateway does."""

    def validate(self, *_):
        raise NoSuchSlaveException("nobody there")


async def main():
    kind = sys.argv[1]
    other = {number: -value for number, value in METER.items()}
    slaves = {1: slave(METER), 7: slave(other), 9: Nobody()}
    context = ModbusServerContext(slaves=slaves, single=False)
    if kind == "serial":
        server = ModbusSerialServer(context, ModbusRtuFramer, port=sys.argv[2], baudrate=9600)
        await server.start()
        print("serving", flush=True)
        await server.serve_forever()
        return
    framer = ModbusRtuFramer if kind == "rtu-tcp" else ModbusSocketFramer
    server = ModbusTcpServer(context, framer, address=("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve_forever())
    await server.serving
    print("serving on", server.server.sockets[0].getsockname()[1], flush=True)
    await serving


asyncio.run(main())
