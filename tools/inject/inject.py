#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Injects faults into a running system and tells what became of each.

  inject.py BUILD [--system services|disk|linux] [--seed N] [--faults N] [--first N] [--batch N]
            [--victims A,B] [--kinds A,B] [--jobs N] [--case N] [--gdb] [--short] [--storm]
            [--table]

A campaign is a seed and a number of faults. Each boot of the system (tools/inject/NAME.yaml) does
a batch of them; QEMU counts instructions instead of time (-icount shift=0), so a batch does the
same each time. What is done is kept in BUILD/inject/, one line a fault: who is interrupted goes on
where it was. --case N runs the batch of a fault again up to that fault, with --gdb under GDB.
"""
import argparse
import collections
import concurrent.futures
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# Victims, and the clients that check them.
SYSTEMS = {
    "services": ("uart,console,log,ledger,counter",
                 "toil-ledger,toil-counter,toil-log,toil-console"),
    "disk": ("virtio_blk,partition,ext4,ramfs", "toil-block,toil-ext4,toil-ramfs"),
    "linux": ("virtio_blk,partition,ext4,ramfs,uart,console,log", "files,hash,sql,build"),
}
# Arguments of the injector, and memory of the machine, that only some systems need.
WORDS = {"disk": ["disk=yes"], "linux": ["disk=yes", "linux=yes", "answers=1"]}
# Faults follow each other at random, without waiting until everybody has got answers.
STORM = ["pause=25000", "answers=0"]
MEMORY = {"linux": "384M"}
SLOW_REQUESTS = 40      # in a second, of a slow disk
FLUSH_ERRORS = 9        # more than one, and no end of them, cannot be taken back
PLATFORM = os.path.join(os.path.dirname(os.path.dirname(HERE)), "system/platform.yaml")
PARTITIONS = "label: gpt\nfirst-lba: 2048\nsize=24M\nsize=4M\n"
DISK_BYTES = 32 << 20
KINDS = ("kill hang wild-write flip-code flip-stack flip-data flip-register flip-vault "
         "mutate-source mutate-dest mutate-branch mutate-delete mutate-bound mutate-init "
         "bad-message spurious-irq irq-storm lost-irq flip-shared flip-message slow-disk "
         "device-reset device-error device-lie").split()
# Faults that change nothing in the victim's memory or registers.
SOUND = ("kill", "hang", "bad-message", "spurious-irq", "irq-storm", "lost-irq", "slow-disk",
         "device-reset", "device-error")
CASE = re.compile(r"^case (\d+) (\S+) (\S+) (\S+) (\S+) (\d+) (\d+) (\d+) (\d+) (\d)"
                  r" # (.*?)\r?$", re.M)
TRY = re.compile(r"^try (\d+) (\S+) (\S+)\r?$", re.M)
LINE = re.compile(r"toil (\d+) (\d+)\r?$")
SAID = re.compile(r"^toil: ((?:wrong|error): .*?)\r?$", re.M)
SILENT_SECONDS = 900    # of wall time: a machine that says nothing for so long is dead
LATE = ("heartbeat", "code")    # ends that had to be noticed first
JUDGED = 100                    # faults, of which 99 % are more than all
PAUSES = "  stop    p99    max   hang    p99    max"
LEGEND = """
shown: a restart, an error or a wrong answer; transp.: clients noticed a pause only; told: a client
got an error, or what was lost was reported; silent: a wrong answer that nobody told of; early: of
told and silent, those whose error came before their end was noticed: they did not just stop;
others: another component was restarted too; stop, hang: the longest pause of any client in ms at
10^9 instructions a second: median, p99 and maximum, after an end and after one that had to be
noticed first.
"""


class Campaign:
    """What is asked for, and the files that it uses."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.processes = set()
        self.numbers = itertools.count(1)
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        self.folder = os.path.join(options.build, "inject")
        os.makedirs(self.folder, exist_ok=True)
        self.path = os.path.join(self.folder,
                                 f"{options.system}{'-storm' if options.storm else ''}-"
                                 f"{options.seed}-{options.batch}.jsonl")
        self.mask = sum(1 << n for n, kind in enumerate(KINDS)
                        if not options.kinds or kind in options.kinds.split(","))
        self.cases = {}
        if os.path.exists(self.path) and not options.again:
            with open(self.path, encoding="utf-8") as file:
                self.cases = {c["case"]: c for c in map(json.loads, file)}
        elif os.path.exists(self.path):
            os.remove(self.path)

    def own(self, name):
        """A path of this thread's."""
        return os.path.join(self.folder, f"{name}-{os.getpid()}-{threading.get_ident()}")

    def image(self, first, count):
        """A boot image whose injector does these cases."""
        victims, workers = SYSTEMS[self.options.system]
        words = [f"seed={self.options.seed}", f"first={first}", f"count={count}",
                 f"victims={self.options.victims or victims}", f"workers={workers}",
                 f"kinds={self.mask}",
                 "quiet=800" if self.options.short else "linger=120",
                 *(STORM if self.options.storm else []), *WORDS.get(self.options.system, [])]
        with open(os.path.join(HERE, self.options.system + ".yaml"), encoding="utf-8") as file:
            text = file.read().replace("#: part\n", "").replace("PLATFORM", PLATFORM).replace(
                "args: [INJECT]", "args: [" + ", ".join(f'"{w}"' for w in words) + "]")
        path = self.own("batch")
        with open(path + ".yaml", "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run([os.path.join(self.options.build, "tools/manifest"), "--images",
                        os.path.join(self.options.build, "bin"), "--output", path + ".img",
                        path + ".yaml"], check=True)
        return path + ".img"

    def machine(self, image, console):
        """The command of a machine in which time is the number of instructions."""
        # A disk takes its own time, the host's: idle time must not be skipped over then, and there
        # is none: a component computes, slowly, at the lowest priority.
        disk, sleep = [], "off"
        if self.options.system != "services":
            sleep = "on"
            path = self.debian() if self.options.system == "linux" else self.disk()
            disk = disk_options(self.overlay(path), self.own("qmp"))
        return ["qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max",
                "-m", MEMORY.get(self.options.system, "128M"),
                "-display", "none", "-monitor", "none", "-no-reboot", "-nic", "none",
                "-icount", f"shift=0,sleep={sleep}", "-rtc", "base=2026-01-01,clock=vm",
                "-seed", "1",
                "-kernel", os.path.join(self.options.build, "kernel.elf"), "-initrd", image,
                "-serial", "stdio", "-serial", f"file:{console}", *disk]

    def disk(self):
        """A disk with an empty ext4 on its first partition."""
        path = self.own("disk")
        with open(path, "wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["/sbin/sfdisk", "-q", path], input=PARTITIONS, text=True, check=True)
        subprocess.run(["/sbin/mkfs.ext4", "-q", "-E", f"offset={2048 * 512}", path, "24M"],
                       check=True)
        return path

    def debian(self):
        """A disk with Debian and the programs that check themselves; made once."""
        path = os.path.join(self.folder, "debian.ext4")
        with self.lock:
            if os.path.exists(path):
                return path
            script = os.path.join(os.path.dirname(HERE), "rootfs/rootfs.sh")
            subprocess.run([script, "build", "full"], check=True)
            full = subprocess.run([script, "path", "full"], check=True, capture_output=True,
                                  text=True).stdout.strip()
            subprocess.run(["cp", "--sparse=always", full, path + ".new"], check=True)
            toil = os.path.join(self.options.build, "linux/toil")
            commands = f"cd /usr/sbin\nwrite {toil} toil\nsif toil mode 0100755\n" \
                       "mkdir /toil\nmkdir /ram\nmkdir /board\n"
            subprocess.run(["/sbin/debugfs", "-w", "-f", "-", path + ".new"], input=commands,
                           text=True, check=True, capture_output=True)
            os.rename(path + ".new", path)
        return path

    def overlay(self, path):
        """What a machine writes is its own, and forgotten."""
        own = self.own("overlay")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b",
                        os.path.abspath(path), own], check=True)
        return own

    def disturb(self, words):
        """What the injector asks of the disk: to be slow, to report errors, to be well again."""
        node, limit = "image", 0
        with Monitor(self.own("qmp")) as monitor:
            if words[0] == "slow":
                limit = SLOW_REQUESTS
            if words[0] == "error":
                node = f"bad{next(self.numbers)}"
                monitor.do("blockdev-add", {"driver": "blkdebug", "node-name": node,
                                            "image": "image",
                                            "inject-error": errors(words[1], words[2])})
            monitor.do("qom-set", {"path": "/objects/limits", "property": "limits",
                                   "value": {"iops-total": limit}})
            # What is left is flushed, which may be the last of the errors that nobody asked for.
            for _ in range(FLUSH_ERRORS):
                if monitor.can("blockdev-reopen", {"options": [
                        {"driver": "raw", "node-name": "disk0", "file": node}]}):
                    return
            raise ValueError("the disk does not become well again")

    def listen(self, process, console):
        """What the injector says until its end, and what programs said in each case; what it asks
        of the machine is done."""
        text, said = "", []
        watch = Watch(process, None if self.options.gdb else SILENT_SECONDS)
        for line in process.stdout:
            watch.heard()
            text += line
            if self.options.verbose:
                print(line, end="", flush=True)
            if line.startswith("case "):
                said.append(console.news())
            if line.startswith("disk "):
                self.disturb(line.split()[1:])
            if line.startswith("end"):
                break
        if watch.end():
            text += f"the machine said nothing for {SILENT_SECONDS} s\n"
        return text, said

    def stop(self, *_):
        """Asked to end: what is done is kept, machines are not left behind."""
        for process in list(self.processes):
            process.kill()
        os._exit(1)

    def boot(self, first, count):
        """Runs a batch; returns what the injector said."""
        console = self.own("console")
        command = self.machine(self.image(first, count), console)
        if self.options.gdb:
            print("QEMU waits for GDB: gdb", os.path.join(self.options.build, "kernel.elf"),
                  "-ex 'target remote :1234'", flush=True)
            command += ["-s", "-S"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            self.processes.add(process)
            try:
                text, said = self.listen(process, Console(console))
            finally:
                process.kill()
                self.processes.discard(process)
        return text, said, console_faults(console)

    def keep(self, case):
        """Notes the end of a case, at once, for who goes on later."""
        with self.lock, open(self.path, "a", encoding="utf-8") as file:
            self.cases[case["case"]] = case
            file.write(json.dumps(case) + "\n")
            if sys.stderr.isatty():
                print(f"\r{len(self.cases)} faults", end="", file=sys.stderr, flush=True)

    def batch(self, first, count):
        """Runs a batch and what it abandons; returns the number of the next case."""
        text, said, damaged = self.boot(first, count)
        done = first
        for found, words in zip(CASE.finditer(text), said):
            number, victim, kind, outcome, cause, gap, others, wrong, told, early, what = \
                found.groups()
            self.keep({"case": int(number), "victim": victim, "kind": kind, "outcome": outcome,
                       "cause": cause, "gap": int(gap), "others": int(others),
                       "wrong": int(wrong), "told": int(told), "early": int(early), "what": what,
                       **({"said": words} if words else {})})
            done = int(number) + 1
        # A case that was begun and has no end took injector, root or kernel with it.
        begun = TRY.findall(text)
        if begun and int(begun[-1][0]) >= done:
            number, victim, kind = begun[-1]
            self.keep({"case": int(number), "victim": victim, "kind": kind, "outcome": "system",
                       "cause": "-", "gap": 0, "others": 0, "wrong": 0, "told": 0,
                       "early": 0, "what": " | ".join(text.splitlines()[-4:])})
            done = int(number) + 1
        if done == first and not begun:
            sys.exit("the system under faults does not start:\n" + text[-2000:])
        if damaged:
            self.keep({**self.cases[done - 1], "console": damaged})
        return done

    def part(self, first, stop):
        """What is not done yet of one batch, in as many boots as that takes."""
        missing = [n for n in range(first, stop) if n not in self.cases]
        while missing:
            at = self.batch(missing[0], stop - missing[0])
            missing = [n for n in range(at, stop) if n not in self.cases]

    def run(self):
        """All cases that are not done yet, some batches at a time."""
        options = self.options
        last = options.first + options.faults
        starts = range(options.first - options.first % options.batch, last, options.batch)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            parts = [pool.submit(self.part, max(start, options.first),
                                 min(start + options.batch, last)) for start in starts]
            try:
                for part in parts:
                    part.result()
            finally:
                pool.shutdown(cancel_futures=True)
        if sys.stderr.isatty():
            print(file=sys.stderr)


class Watch:
    """Ends a machine that says nothing for so long."""

    def __init__(self, process, seconds):
        self.process, self.seconds = process, seconds
        self.last = time.monotonic()
        self.over, self.silent = threading.Event(), False
        if seconds is not None:
            threading.Thread(target=self.watch, daemon=True).start()

    def heard(self):
        """It has said something."""
        self.last = time.monotonic()

    def watch(self):
        """Looks now and then."""
        while not self.over.wait(1):
            if time.monotonic() - self.last > self.seconds:
                self.silent = True
                self.process.kill()
                return

    def end(self):
        """It is not watched any more. Returns whether it was ended."""
        self.over.set()
        return self.silent


class Monitor:
    """QEMU's monitor, for a moment."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        self.error = None

    def __enter__(self):
        self.do("qmp_capabilities", {})
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def do(self, command, arguments):
        """A command that must be done."""
        if not self.can(command, arguments):
            raise ValueError(f"QEMU does not do {command}: {self.error}")

    def can(self, command, arguments):
        """A command. Returns whether it was done."""
        print(json.dumps({"execute": command, "arguments": arguments}), file=self.file, flush=True)
        answer = {}
        while "return" not in answer:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                self.error = answer["error"]
                return False
        return True


def errors(what, often):
    """Rules of QEMU's blkdebug: one request of a kind fails, or all; of flushes some."""
    rule = {"event": "none", "iotype": what, "errno": 5,
            "once": often == "once" or what == "flush"}
    return [rule] * (FLUSH_ERRORS - 1 if what == "flush" and often != "once" else 1)


def disk_options(path, monitor):
    """QEMU's options for a disk that can be made slow, and to report errors."""
    return ["-object", "throttle-group,id=limits",
            "-blockdev", "driver=file,node-name=file,cache.no-flush=on,filename=" + path,
            "-blockdev", "driver=qcow2,node-name=own,cache.no-flush=on,file=file",
            "-blockdev", "driver=throttle,node-name=image,throttle-group=limits,file=own",
            "-blockdev", "driver=raw,node-name=disk0,file=image",
            "-device", "virtio-blk-pci,drive=disk0,disable-legacy=on",
            "-qmp", f"unix:{monitor},server=on,wait=off"]


class Console:
    """What Linux programs say at the console about what they found."""

    def __init__(self, path):
        self.path, self.at = path, 0

    def news(self):
        """Their lines since the last time."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as file:
            file.seek(self.at)
            text = file.read()
        text = text[:text.rfind(b"\n") + 1]
        self.at += len(text)
        return SAID.findall(text.decode(errors="replace"))


def console_faults(path):
    """How many lines of the clients came out wrong at the serial port."""
    if not os.path.exists(path):
        return 0
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line for line in file.read().split("\n") if line.startswith("toil ")]
    right = sum(bool(m) and int(m[2]) == int(m[1]) * 7919 % 104729
                for m in map(LINE.match, lines[:-1]))
    return len(lines[:-1]) - right


def per(values, share):
    """A percentile, of what is not sorted."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def fail_stop(case):
    """Did the victim, or another, stop, without a wrong answer before root saw it?"""
    return case["cause"] in ("fault", "assertion", "exit", "by-hand") and not case["early"]


def hang(case):
    """Did it go on without doing its work, likewise?"""
    return case["cause"] in LATE and not case["early"]


def pauses(cases):
    """Their pauses in milliseconds: median, p99, the longest."""
    gaps = [c["gap"] / 1e6 for c in cases]
    if not gaps:
        return f"{'-':>6} {'-':>6} {'-':>6}"
    return f"{per(gaps, .5):6.2f} {per(gaps, .99):6.2f} {max(gaps):6.2f}"


def rows(cases, key):
    """One row for each value of a field, and one for all."""
    groups = collections.defaultdict(list)
    for case in cases:
        groups[case[key]].append(case)
    order = sorted(groups) if key == "victim" else [k for k in KINDS if k in groups]
    return [(name, groups[name]) for name in order] + [("all", cases)]


def print_table(cases, key):
    """The report, one row a component or kind."""
    print(f"{key:14} {'injected':>8} {'shown':>6} {'fault':>6} {'assert':>6} {'hang':>5} "
          f"{'code':>5} "
          f"{'exit':>5} {'transp.':>7} {'told':>5} {'silent':>6} {'early':>5} {'lost':>5} "
          f"{'others':>6} " + PAUSES)
    for name, group in rows(cases, key):
        shown = [c for c in group if c["outcome"] != "none"]
        count = collections.Counter(c["outcome"] for c in group)
        cause = collections.Counter(c["cause"] for c in shown)
        healed = [c for c in shown if c["outcome"] in ("transparent", "reported")]
        print(f"{name:14} {len(group):8} {len(shown):6} {cause['fault']:6} {cause['assertion']:6} "
              f"{cause['heartbeat']:5} {cause['code']:5} {cause['exit']:5} "
              f"{count['transparent']:7} {count['reported']:5} {count['silent']:6} "
              f"{sum(c['early'] for c in group):5} "
              f"{count['lost'] + count['system']:5} "
              f"{sum(c['others'] != 0 for c in group):6} "
              + pauses([c for c in healed if c["cause"] not in LATE])
              + " " + pauses([c for c in healed if c["cause"] in LATE]))


def summary(cases):
    """What is required, as (name, right, text)."""
    stops = [c for c in cases if c["outcome"] != "none" and fail_stop(c)]
    hangs = [c for c in cases if c["outcome"] != "none" and hang(c)]
    # Whom nothing was done to but to stop, to disturb or to keep waiting has no excuse.
    sound = [c for c in cases if c["kind"] in SOUND]
    healed = [c for c in stops + hangs if c["outcome"] == "transparent"]
    stop_gaps = [c["gap"] / 1e6 for c in stops if c["outcome"] == "transparent"]
    hang_gaps = [c["gap"] / 1e6 for c in hangs if c["outcome"] == "transparent"]
    system = sum(c["outcome"] == "system" for c in cases)
    lost = sum(c["outcome"] == "lost" for c in cases)
    wrong = sum(c["outcome"] == "silent" for c in sound + stops + hangs)
    share = 100 * len(healed) / len(stops + hangs) if stops + hangs else 100
    resets = [c for c in cases if c["kind"] == "device-reset"]
    again = sum(c["outcome"] == "transparent" for c in resets)
    return [
        ("kernel and root survive", system == 0, f"{system} times not"),
        ("nobody is lost", lost == 0, f"{lost} lost"),
        ("no wrong answer after a stop, a hang, or a fault that spoils no memory", wrong == 0,
         f"{wrong} wrong"),
        ("stops and hangs are healed transparently", share >= 99.9, f"{share:.2f} %"),
        ("disks that forget everything are brought up again, and nobody notices",
         again >= 0.999 * len(resets), f"{again} of {len(resets)}"),
        ("blackout p99 below 10 ms after a stop", per(stop_gaps, .99) < 10,
         f"{per(stop_gaps, .99):.2f} ms"),
        ("blackout p99 below 110 ms after a hang", per(hang_gaps, .99) < 110,
         f"{per(hang_gaps, .99):.2f} ms"),
    ]


def report(campaign):
    """Tables and what is required. Returns the exit status."""
    options = campaign.options
    cases = [c for n, c in sorted(campaign.cases.items())
             if options.first <= n < options.first + options.faults and c["outcome"] != "skipped"]
    print_table(cases, "victim")
    print()
    print_table(cases, "kind")
    print(LEGEND)
    checks = summary(cases)
    if options.system == "linux":
        print("pauses of Linux programs are those of their own long turns too: they are not judged")
        checks = [check for check in checks if not check[0].startswith("blackout")]
    if options.system == "disk" and len(cases) < JUDGED:
        print(f"pauses with a disk are judged from {JUDGED} faults on")
        checks = [check for check in checks if not check[0].startswith("blackout")]
    for name, right, text in checks:
        print(f"{'ok' if right else 'FAIL'} {name}"
              + ("" if right and options.short else f": {text}"))
    failed = sum(not right for _, right, _ in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return failed != 0


def main():
    """Reads the arguments, runs, reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--system", choices=sorted(SYSTEMS), default="services")
    parser.add_argument("--victims", default="")
    parser.add_argument("--kinds", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--case", type=int)
    for flag in ("gdb", "short", "table", "again", "verbose", "storm"):
        parser.add_argument("--" + flag, action="store_true")
    options = parser.parse_args()
    campaign = Campaign(options)
    if options.case is not None:
        first = options.case - options.case % options.batch
        options.verbose = True
        campaign.path = os.devnull
        campaign.batch(first, options.case - first + 1)
        return 0
    if not options.table:
        campaign.run()
    return report(campaign)


if __name__ == "__main__":
    sys.exit(main())
