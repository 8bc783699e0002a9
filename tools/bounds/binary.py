# SPDX-License-Identifier: BSD-2-Clause
"""The kernel binary as control-flow graphs: one a function, from its first instruction on."""
import bisect
import os

import capstone
from elftools.elf.elffile import ELFFile

# They do not return: the kernel has found itself broken.
PANICS = {"arch_panic", "x86_defect"}
ENDS = {"ret", "iretq", "sysret", "sysretq", "ud2", "hlt"}


class Code:
    """The text of an ELF file, its functions, and the source lines of its instructions."""

    def __init__(self, path):
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self.parts = [(s["sh_addr"], s.data()) for s in elf.iter_sections()
                          if s["sh_flags"] & 2 and s["sh_type"] == "SHT_PROGBITS"]
            table = elf.get_section_by_name(".symtab")
            self.symbols = {s.name: (s["st_value"], s["st_size"]) for s in table.iter_symbols()
                            if s.name and s["st_shndx"] != "SHN_UNDEF"}
            self.starts = {s["st_value"]: s.name for s in table.iter_symbols()
                           if s["st_info"]["type"] == "STT_FUNC"}
            self.rows = sorted(self.line_rows(elf.get_dwarf_info()))
        self.keys = [row[0] for row in self.rows]
        self.machine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
        self.machine.detail = True

    @staticmethod
    def line_rows(dwarf):
        """(address, file, line) of every row of the line tables."""
        for unit in dwarf.iter_CUs():
            program = dwarf.line_program_for_CU(unit)
            if not program:
                continue
            first = 0 if program["version"] >= 5 else 1
            files = Code.files(unit, program, first)
            for entry in program.get_entries():
                state = entry.state
                if state and not state.end_sequence and 0 <= state.file - first < len(files):
                    yield state.address, files[state.file - first], state.line

    @staticmethod
    def files(unit, program, first):
        """The files of a line table, named from the current folder."""
        top = unit.get_top_DIE().attributes["DW_AT_comp_dir"].value.decode()
        folders = [top] * first + [d.decode() for d in program["include_directory"]]
        return [os.path.relpath(os.path.realpath(os.path.join(top, folders[f.dir_index],
                                                              f.name.decode())))
                for f in program["file_entry"]]

    def line(self, address):
        """(file, line) of an instruction."""
        at = bisect.bisect_right(self.keys, address) - 1
        return self.rows[at][1:] if at >= 0 else ("?", 0)

    def bytes(self, address, count):
        """What is at an address."""
        for start, data in self.parts:
            if start <= address < start + len(data):
                return data[address - start:address - start + count]
        raise SystemExit(f"bounds: nothing at {address:#x}")

    def instruction(self, address):
        """One instruction."""
        return next(self.machine.disasm(self.bytes(address, 16), address))

    def table(self, displacement, inside):
        """Where an indirect jump through a table leads: entries that stay in the function."""
        base, found = displacement % 2**64, []
        while True:
            target = int.from_bytes(self.bytes(base + 8 * len(found), 8), "little")
            if not inside(target):
                return found
            found.append(target)


class Flow:
    """One function: blocks {first address: [instructions]}, edges, calls {block: [name]}."""

    def __init__(self, code, name):
        self.code, self.name = code, name
        self.first, self.size = code.symbols[name]
        self.next, self.instructions = {}, {}
        self.calls = {}
        self.explore()
        self.cut()

    def inside(self, address):
        """Whether an address is in this function; assembly without a size is all one."""
        if self.size:
            return self.first <= address < self.first + self.size
        return address not in self.code.starts or address == self.first

    def explore(self):
        """Follows every way from the first instruction."""
        pending = [self.first]
        while pending:
            at = pending.pop()
            if at in self.instructions:
                continue
            step = self.instructions[at] = self.code.instruction(at)
            self.next[at] = self.after(step)
            pending += [target for target in self.next[at] if target != "end"]

    def after(self, step):
        """Where control can go after an instruction."""
        behind, name = step.address + step.size, step.mnemonic.split()[-1]
        if name in ENDS or step.mnemonic.startswith("ret"):
            return ["end"]
        if name == "call":
            target = self.target(step)
            self.calls.setdefault(step.address, []).append(self.code.starts.get(target, target))
            return ["end"] if self.code.starts.get(target) in PANICS else [behind]
        if not name.startswith("j"):
            return [behind]
        if step.operands[0].type != capstone.x86.X86_OP_IMM:
            return self.code.table(step.operands[0].mem.disp, self.inside)
        target = self.target(step)
        if not self.inside(target):
            self.calls.setdefault(step.address, []).append(self.code.starts.get(target, target))
            target = "end"
        return [target] if name == "jmp" else [target, behind]

    def target(self, step):
        """Of a direct jump or call."""
        if step.operands[0].type != capstone.x86.X86_OP_IMM:
            raise SystemExit(f"bounds: {self.name}: indirect call at {step.address:#x}")
        return step.operands[0].imm % 2**64

    def cut(self):
        """Into basic blocks."""
        into = {}
        for at, targets in self.next.items():
            for target in targets:
                into.setdefault(target, set()).add(at)
        heads = {self.first} | {t for at, ts in self.next.items() for t in ts
                                if t != "end" and (len(ts) > 1 or len(into[t]) > 1)}
        self.blocks, self.edges = {}, set()
        for head in heads:
            at, block = head, [head]
            while len(self.next[at]) == 1 and self.next[at][0] not in heads | {"end"}:
                at = self.next[at][0]
                block.append(at)
            self.blocks[head] = block
            self.edges |= {(head, target) for target in self.next[at]}
