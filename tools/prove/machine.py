# SPDX-License-Identifier: BSD-2-Clause
"""x86-64 machine code run on symbols: what the compiler makes of the kernel's C uses few
instructions, and an instruction that is not here ends a run with Unknown.

Memory is an array of 64-bit words, but for the stack, which is a dictionary of bytes by distance
from the stack pointer at entry: pointers into the kernel's state do not lead there. References are
multiples of 64, so words are at multiples of 8, and what is added to a reference says which part of
a word is meant. What is constant is read from the file.
"""
import os
import time

import capstone
import z3
from capstone import x86
from elftools.elf.elffile import ELFFile

WORD = 64
FAMILIES = {"rax": "rax eax ax al", "rbx": "rbx ebx bx bl", "rcx": "rcx ecx cx cl",
            "rdx": "rdx edx dx dl", "rsi": "rsi esi si sil", "rdi": "rdi edi di dil",
            "rbp": "rbp ebp bp bpl", "rsp": "rsp esp sp spl"}
FAMILIES.update({f"r{n}": f"r{n} r{n}d r{n}w r{n}b" for n in range(8, 16)})
REGISTERS = {name: (family, width) for family, names in FAMILIES.items()
             for name, width in zip(names.split(), (64, 32, 16, 8))}
HIGH = {"ah": "rax", "bh": "rbx", "ch": "rcx", "dh": "rdx"} # bits 8 to 15
STACK = z3.BitVec("rsp0", WORD)
MEMORY = z3.Array("memory", z3.BitVecSort(WORD), z3.BitVecSort(WORD))
RETURN = 0x7e55e7a0 # where a function that is looked at returns to
MAX_TARGETS = 64


class Unknown(Exception):
    """This cannot be decided here, with the reason."""


class Split(Exception):
    """A path goes on as several: one for each value of an expression."""

    def __init__(self, expression, values):
        super().__init__()
        self.expression, self.values = expression, values


class Image:
    """A linked file: its code, its constants, its functions."""

    def __init__(self, path):
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self.sections = [(s["sh_addr"], s["sh_size"], s.data(), bool(s["sh_flags"] & 1))
                             for s in elf.iter_sections()
                             if s["sh_flags"] & 2 and s["sh_type"] == "SHT_PROGBITS"]
            self.symbols = self.functions(elf.get_section_by_name(".symtab").iter_symbols())
        self.decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
        self.decoder.detail = True
        self.decoded = {}

    @staticmethod
    def functions(symbols):
        """Place and size of each function: of one that is static by file and name."""
        found, file = {}, ""
        for symbol in symbols:
            if symbol["st_info"]["type"] == "STT_FILE":
                file = symbol.name
            if symbol["st_info"]["type"] == "STT_FUNC":
                local = symbol["st_info"]["bind"] == "STB_LOCAL"
                name = f"{file}:{symbol.name}" if local else symbol.name
                found[name] = symbol["st_value"], symbol["st_size"]
        return found

    def name_of(self, file, function):
        """What a function of a file is called in `symbols`; None if it is not there."""
        return next((name for name in (f"{os.path.basename(file)}:{function}", function)
                     if name in self.symbols), None)

    def bytes_at(self, address, count, writable=False):
        """Bytes of the file, None if it has none there, or if they may change."""
        for start, size, data, writes in self.sections:
            if start <= address and address + count <= start + size:
                return None if writes and not writable else data[address - start:][:count]
        return None

    def is_leaf(self, name):
        """Whether the code of a function goes nowhere else."""
        start, size = self.symbols[name]
        for code in self.decoder.disasm(self.bytes_at(start, size) or b"", start):
            kind, known = code.mnemonic.split()[-1], code.operands
            out = known and known[0].type == x86.X86_OP_IMM and not (
                start <= known[0].imm & (1 << WORD) - 1 < start + size)
            if kind == "call" or kind[0] == "j" and out:
                return False
        return True

    def instruction(self, address):
        """The instruction at an address."""
        if address not in self.decoded:
            code = self.bytes_at(address, 15) or self.bytes_at(address, 1)
            self.decoded[address] = next(self.decoder.disasm(code, address), None) if code else None
        return self.decoded[address]


class State:
    """One path: registers, memory, flags, and what was assumed on the way."""

    def __init__(self):
        self.registers = {family: z3.BitVec(f"{family}0", WORD) for family in FAMILIES}
        self.registers["rsp"] = STACK
        self.stack, self.memory, self.flags = {}, MEMORY, None
        self.assumed, self.values, self.at, self.steps = [], [], 0, 0

    def copy(self):
        """Another path that begins here."""
        new = State.__new__(State)
        new.__dict__.update(self.__dict__)
        new.registers, new.stack = dict(self.registers), dict(self.stack)
        new.assumed, new.values = list(self.assumed), list(self.values)
        return new

    def get(self, name):
        """A register, or part of one."""
        if name in HIGH:
            return z3.Extract(15, 8, self.registers[HIGH[name]])
        family, width = REGISTERS[name]
        whole = self.registers[family]
        return whole if width == WORD else z3.Extract(width - 1, 0, whole)

    def put(self, name, value):
        """Writes a register; 32 bits clear the rest."""
        if name in HIGH:
            whole = self.registers[HIGH[name]]
            self.registers[HIGH[name]] = z3.simplify(z3.Concat(
                z3.Extract(WORD - 1, 16, whole), value, z3.Extract(7, 0, whole)))
            return
        family, width = REGISTERS[name]
        if width == 32:
            value = z3.ZeroExt(32, value)
        elif width < 32:
            value = z3.Concat(z3.Extract(WORD - 1, width, self.registers[family]), value)
        self.registers[family] = z3.simplify(value)

    def known(self, expression):
        """The number that an expression is, on this path; None if that is open."""
        expression = z3.simplify(expression)
        if z3.is_bv_value(expression):
            return expression.as_long()
        return next((v for e, v in self.values if e.eq(expression)), None)


class Machine:
    """Runs functions of some images."""

    def __init__(self, images, max_paths, max_steps, end):
        """@param end when to give up, in seconds of this process"""
        self.images, self.max_paths, self.max_steps = images, max_paths, max_steps
        self.end = end
        self.solver = z3.Solver()
        self.solver.set("timeout", 5000)

    def hurry(self):
        """Gives up when time is over."""
        if time.process_time() > self.end:
            raise Unknown("takes too long")

    def possible(self, state, *conditions):
        """Whether a path can go on so."""
        self.hurry()
        return self.solver.check(*state.assumed, *conditions) != z3.unsat

    def run(self, entry, state):
        """All paths through a function, from a state. @return their ends"""
        state.at = entry
        self.push(state, z3.BitVecVal(RETURN, WORD))
        work, done = [state], []
        while work:
            path = work.pop()
            while path.at != RETURN:
                path.steps += 1
                self.hurry()
                if path.steps > self.max_steps:
                    raise Unknown("too many steps")
                try:
                    forks = self.step(path)
                except Split as split:
                    forks = self.split(path, split)
                work += forks[1:]
                if not forks:
                    break
                path = forks[0]
            else:
                done.append(path)
            if len(work) + len(done) > self.max_paths:
                raise Unknown("too many paths")
        return done

    def split(self, path, split):
        """One path for each value."""
        forks = [path.copy() for _ in split.values]
        for fork, value in zip(forks, split.values):
            fork.assumed.append(split.expression == value)
            fork.values.append((z3.simplify(split.expression), value))
        return forks

    def enumerate(self, state, expression):
        """Ends this step: the expression must be one number on each path."""
        values, known = [], []
        while self.solver.check(*state.assumed, *known) == z3.sat:
            values.append(self.solver.model().eval(expression, True).as_long())
            known.append(expression != values[-1])
            if len(values) > MAX_TARGETS:
                raise Unknown("a table with an unknown index")
        raise Split(expression, values)

    def constant(self, state, address, size):
        """What is read from a table that never changes, or None."""
        number = state.known(address)
        if number is None and self.in_table(address):
            self.enumerate(state, address)
        for image in self.images if number is not None else []:
            data = image.bytes_at(number, size)
            if data:
                return z3.BitVecVal(int.from_bytes(data, "little"), size * 8)
        return None

    def in_table(self, address):
        """Whether an address is a table's of constants plus something."""
        numbers = [c.as_long() for c in z3.simplify(address).children() if z3.is_bv_value(c)]
        return any(image.bytes_at(n, 1) for n in numbers for image in self.images)

    @staticmethod
    def in_word(address, size):
        """Which word of memory an address is in, and from which bit on."""
        address = z3.simplify(address)
        numbers = [address] + address.children() if z3.is_add(address) else [address]
        low = sum(n.as_long() for n in numbers if z3.is_bv_value(n)) % 8
        if low + size > 8:
            raise Unknown("memory across two words")
        return z3.simplify(z3.LShR(address - low, 3)), 8 * low

    @staticmethod
    def on_stack(address):
        """Distance from the stack pointer at entry, None if it is not there."""
        distance = z3.simplify(address - STACK)
        return distance.as_signed_long() if z3.is_bv_value(distance) else None

    def load(self, state, address, size):
        """Reads memory."""
        distance = self.on_stack(address)
        if distance is not None:
            return self.load_stack(state, distance, size)
        value = self.constant(state, address, size)
        if value is not None:
            return value
        at, low = self.in_word(address, size)
        word = z3.Select(state.memory, at)
        return z3.simplify(z3.Extract(low + 8 * size - 1, low, word))

    @staticmethod
    def load_stack(state, distance, size):
        """Reads the stack: what was written as one is read as one."""
        parts = [state.stack.get(distance + i, (z3.BitVec(f"stack{distance + i}", 8), 0))
                 for i in range(size)]
        first = parts[0][0]
        if first.size() == 8 * size and all(p[0] is first and p[1] == i
                                            for i, p in enumerate(parts)):
            return first
        read = [z3.Extract(8 * i + 7, 8 * i, value) for value, i in reversed(parts)]
        return z3.simplify(z3.Concat(*read)) if size > 1 else z3.simplify(read[0])

    def store(self, state, address, value):
        """Writes memory."""
        distance, size = self.on_stack(address), value.size() // 8
        if distance is None:
            at, low = self.in_word(address, size)
            if size < 8:
                mask = z3.BitVecVal(((1 << 8 * size) - 1) << low, WORD)
                old = z3.Select(state.memory, at)
                value = old & ~mask | z3.ZeroExt(WORD - 8 * size, value) << low
            state.memory = z3.Store(state.memory, at, z3.simplify(value))
            return
        for i in range(size):
            state.stack[distance + i] = value, i

    def push(self, state, value):
        """Puts a word on the stack."""
        state.registers["rsp"] = z3.simplify(state.registers["rsp"] - 8)
        self.store(state, state.registers["rsp"], value)

    def pop(self, state):
        """Takes a word from the stack."""
        value = self.load(state, state.registers["rsp"], 8)
        state.registers["rsp"] = z3.simplify(state.registers["rsp"] + 8)
        return value

    def step(self, state):
        """One instruction. @return the paths that go on"""
        found = (image.instruction(state.at) for image in self.images)
        code = next((i for i in found if i), None)
        if code is None:
            raise Unknown("a jump out of the code")
        state.at = code.address + code.size
        try:
            return Step(self, state, code).do()
        except Split:
            state.at = code.address
            raise


class Step:
    """One instruction on one path."""

    def __init__(self, machine, state, code):
        self.machine, self.state, self.code = machine, state, code
        self.name = code.mnemonic.split()[-1]

    def do(self):
        """@return the paths that go on"""
        kind = self.name
        if kind in ("nop", "endbr64"):
            return [self.state]
        if kind in ("jmp", "call", "ret"):
            return self.go(kind)
        if kind[0] == "j":
            return self.branch(self.condition(kind[1:]))
        for prefix, action in (("set", self.set), ("cmov", self.move_if)):
            if kind.startswith(prefix):
                action(kind[len(prefix):])
                return [self.state]
        if not hasattr(self, "do_" + kind) or code_repeats(self.code):
            raise Unknown(f"instruction {self.code.mnemonic}")
        getattr(self, "do_" + kind)()
        return [self.state]

    # --- Operands
    def width(self, k=0):
        """Bits of an operand."""
        return self.code.operands[k].size * 8

    def address(self, k):
        """Address of an operand in memory."""
        memory = self.code.operands[k].mem
        at = z3.BitVecVal(memory.disp & (1 << WORD) - 1, WORD)
        if memory.segment:
            raise Unknown("a segment")
        if memory.base:
            name = self.code.reg_name(memory.base)
            at += (z3.BitVecVal(self.code.address + self.code.size, WORD) if name == "rip"
                   else self.state.get(name))
        if memory.index:
            at += self.state.get(self.code.reg_name(memory.index)) * memory.scale
        return z3.simplify(at)

    def get(self, k, width=None):
        """Value of an operand."""
        operand, width = self.code.operands[k], width or self.width(k)
        if operand.type == x86.X86_OP_REG:
            name = self.code.reg_name(operand.reg)
            if name not in REGISTERS and name not in HIGH:
                raise Unknown(f"register {name}")
            return self.state.get(name)
        if operand.type == x86.X86_OP_IMM:
            return z3.BitVecVal(operand.imm & (1 << width) - 1, width)
        return self.machine.load(self.state, self.address(k), operand.size)

    def put(self, k, value):
        """Writes an operand."""
        operand = self.code.operands[k]
        if operand.type == x86.X86_OP_REG:
            self.state.put(self.code.reg_name(operand.reg), value)
        else:
            self.machine.store(self.state, self.address(k), value)

    # --- Where it goes on
    def go(self, kind):
        """jmp, call, ret."""
        state = self.state
        target = self.machine.pop(state) if kind == "ret" else self.get(0, WORD)
        number = state.known(target)
        if number is None:
            raise Unknown("a jump to an unknown place")
        if kind == "call":
            self.machine.push(state, z3.BitVecVal(state.at, WORD))
        state.at = number
        return [state]

    def branch(self, condition):
        """A conditional jump: one path or two."""
        condition, state = z3.simplify(condition), self.state
        taken = self.machine.possible(state, condition)
        other = self.machine.possible(state, z3.Not(condition))
        if taken and other:
            fork = state.copy()
            fork.assumed.append(condition)
            fork.at = self.code.operands[0].imm & (1 << WORD) - 1
            state.assumed.append(z3.Not(condition))
            return [state, fork]
        if taken:
            state.at = self.code.operands[0].imm & (1 << WORD) - 1
        return [state] if taken or other else []

    def condition(self, name):
        """A condition by its name, of the flags as they were set last."""
        if self.state.flags is None:
            raise Unknown("flags of an instruction that is not known to set them")
        kind, a, b = self.state.flags
        if kind == "carry":
            table = {"b": a, "ae": z3.Not(a)}
        elif kind == "compare":
            table = {"e": a == b, "ne": a != b, "b": z3.ULT(a, b), "ae": z3.UGE(a, b),
                     "be": z3.ULE(a, b), "a": z3.UGT(a, b), "l": a < b, "ge": a >= b,
                     "le": a <= b, "g": a > b, "s": a - b < 0, "ns": a - b >= 0}
        else:
            table = {"e": a == 0, "ne": a != 0, "s": a < 0, "ns": a >= 0}
            if kind == "logic":
                table.update({"b": z3.BoolVal(False), "ae": z3.BoolVal(True), "be": a == 0,
                              "a": a != 0, "le": a <= 0, "g": a > 0, "l": a < 0, "ge": a >= 0})
            elif kind == "sum": # b: the carry
                table.update({"b": b, "ae": z3.Not(b), "be": z3.Or(b, a == 0),
                              "a": z3.And(z3.Not(b), a != 0)})
        if name not in table:
            raise Unknown(f"condition {name} after {kind}")
        return table[name]

    def set(self, name):
        """setcc"""
        self.put(0, z3.If(self.condition(name), z3.BitVecVal(1, 8), z3.BitVecVal(0, 8)))

    def move_if(self, name):
        """cmovcc"""
        self.put(0, z3.simplify(z3.If(self.condition(name), self.get(1), self.get(0))))

    # --- Moves
    def do_mov(self):
        self.put(0, self.get(1, self.width(0)))

    do_movabs = do_mov

    def do_movzx(self):
        self.put(0, z3.ZeroExt(self.width(0) - self.width(1), self.get(1)))

    def do_movsx(self):
        self.put(0, z3.SignExt(self.width(0) - self.width(1), self.get(1)))

    do_movsxd = do_movsx

    def do_cdqe(self):
        self.state.put("rax", z3.SignExt(32, self.state.get("eax")))

    def do_lea(self):
        self.put(0, z3.Extract(self.width(0) - 1, 0, self.address(1)))

    def do_push(self):
        self.machine.push(self.state, self.get(0, WORD))

    def do_pop(self):
        self.put(0, self.machine.pop(self.state))

    def do_leave(self):
        self.state.registers["rsp"] = self.state.registers["rbp"]
        self.state.registers["rbp"] = self.machine.pop(self.state)

    # --- Arithmetic
    def pair(self):
        """Both operands, of one width."""
        return self.get(0), self.get(1, self.width(0))

    def logic(self, value, write=True):
        """The result of a logical operation."""
        value = z3.simplify(value)
        self.state.flags = ("logic", value, None)
        if write:
            self.put(0, value)

    def do_and(self):
        a, b = self.pair()
        self.logic(a & b)

    def do_or(self):
        a, b = self.pair()
        self.logic(a | b)

    def do_xor(self):
        a, b = self.pair()
        self.logic(a ^ b)

    def do_test(self):
        a, b = self.pair()
        self.logic(a & b, False)

    def do_add(self):
        a, b = self.pair()
        self.state.flags = ("sum", a + b, z3.ULT(a + b, a))
        self.put(0, a + b)

    def do_sub(self):
        a, b = self.pair()
        self.state.flags = ("compare", a, b)
        self.put(0, a - b)

    def do_cmp(self):
        self.state.flags = ("compare", *self.pair())

    def do_neg(self):
        a = self.get(0)
        self.state.flags = ("compare", z3.BitVecVal(0, a.size()), a)
        self.put(0, -a)

    def do_not(self):
        self.put(0, ~self.get(0))

    def do_sbb(self):
        a, b = self.pair()
        carry = z3.If(self.condition("b"), z3.BitVecVal(1, a.size()), z3.BitVecVal(0, a.size()))
        self.state.flags = None
        self.put(0, a - b - carry)

    def do_inc(self):
        a = self.get(0)
        self.state.flags = ("result", a + 1, None)
        self.put(0, a + 1)

    def do_dec(self):
        a = self.get(0)
        self.state.flags = ("result", a - 1, None)
        self.put(0, a - 1)

    def shift(self, operation):
        """Shifts: the count is taken modulo the width; one of 0 leaves the flags."""
        a = self.get(0)
        count = self.get(1, 8) if len(self.code.operands) > 1 else z3.BitVecVal(1, 8)
        count = z3.simplify(z3.ZeroExt(a.size() - 8, count & (a.size() - 1 if a.size() == 64
                                                             else 31)))
        value = z3.simplify(operation(a, count))
        self.state.flags = ("result", value, None) if self.state.known(count) else None
        self.put(0, value)

    def do_shl(self):
        self.shift(lambda a, n: a << n)

    do_sal = do_shl

    def do_shr(self):
        self.shift(z3.LShR)

    def do_sar(self):
        self.shift(lambda a, n: a >> n)

    def do_imul(self):
        if len(self.code.operands) < 2:
            raise Unknown("imul with one operand")
        a = self.get(len(self.code.operands) - 2)
        self.state.flags = None
        self.put(0, a * self.get(len(self.code.operands) - 1, self.width(0)))

    def do_div(self):
        if self.width(0) != WORD or self.state.known(self.state.get("rdx")) != 0:
            raise Unknown("a division of more than a word")
        a, b = self.state.get("rax"), self.get(0)
        self.state.flags = None
        self.state.put("rax", z3.UDiv(a, b))
        self.state.put("rdx", z3.URem(a, b))

    # --- Bits
    def do_bsr(self):
        self.scan(reversed(range(self.width(1))))

    def do_bsf(self):
        self.scan(range(self.width(1)))

    do_tzcnt = do_bsf # `rep bsf`: differs for 0 only, which no caller gives

    def scan(self, order):
        """The first bit that is set; of 0, anything."""
        a = self.get(1)
        value = z3.Function("none", a.sort(), a.sort())(a)
        for bit in reversed(list(order)):
            value = z3.If(z3.Extract(bit, bit, a) == 1, z3.BitVecVal(bit, a.size()), value)
        self.state.flags = ("result", a, None)
        self.put(0, value)

    def one_bit(self, change):
        """bt and its kin, on registers."""
        if self.code.operands[0].type != x86.X86_OP_REG:
            raise Unknown("a bit of memory")
        a, n = self.pair()
        unit = z3.BitVecVal(1, a.size()) << (n & (a.size() - 1))
        self.state.flags = ("carry", a & unit != 0, None)
        if change:
            self.put(0, change(a, unit))

    def do_bt(self):
        self.one_bit(None)

    def do_bts(self):
        self.one_bit(lambda a, unit: a | unit)

    def do_btr(self):
        self.one_bit(lambda a, unit: a & ~unit)


def code_repeats(code):
    """Whether an instruction is repeated: string instructions are not known here."""
    return code.prefix[0] in (0xf2, 0xf3) and code.mnemonic.split()[-1] not in ("bsf", "tzcnt",
                                                                                 "ret")
