#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Debian on its disk, as `./tessera run` boots it: bash at its prompt with jobs, keys and an
editor; then a script with the programs that everybody uses; then what the host finds on the disk.

The image is that of tools/rootfs; it is made only if this machine has none yet."""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report, disk_options  # noqa: E402  (the path must be set first)

PROMPT = r"root@tessera:~# \Z"
BAD = r"(?i)\bpanic\b|'(linux|ext4)' (failed|ended)"
LOG = re.compile(r"^\[ *\d+\.\d{6}\] ")

# Each is run by a bash of its own in /root/tried; this is what it must say, and its status.
CASES = (
    ("a here-document", "cat <<END\nsix times seven: $((6 * 7))\nEND", "six times seven: 42", 0),
    ("process substitution", "diff <(seq 3) <(seq 2 4)", "1d0\n< 1\n3a3\n> 4", 1),
    ("output to a process", "seq 3 | tee >(wc -l >count) >/dev/null; sleep 0.1; cat count", "3", 0),
    ("the statuses of a pipe", 'true | false | (exit 3); echo "${PIPESTATUS[*]}"', "0 1 3", 0),
    ("a failure in a pipe", "set -o pipefail; false | true", "", 1),
    ("a coprocess", "coproc C { tr a-z A-Z; }; echo abc >&${C[1]}; eval \"exec ${C[1]}>&-\"\n"
     "read x <&${C[0]}; echo $x", "ABC", 0),
    ("a background job and its status", "(exit 9) & wait $!", "", 9),
    ("a job that is killed", "sleep 100 & kill %1; wait $!; echo $?", "143", 0),
    ("a handler of a signal", "trap 'echo caught' USR1; kill -USR1 $$; echo after", "caught\nafter",
     0),
    ("death by a signal", "(bash -c 'kill -KILL $$'; exit $?) 2>/dev/null", "", 137),
    ("a command that is not there", "no-such-command 2>/dev/null", "", 127),
    ("a file that is no program", "touch no-program; ./no-program 2>/dev/null", "", 126),
    ("a script with #!", "printf '#!/usr/bin/perl -l\\nprint 6 * 7\\n' >s; chmod +x s; ./s",
     "42", 0),
    ("read and arrays", "mapfile -t a < <(seq 5); echo ${a[@]:1:3} ${#a[@]}", "2 3 4 5", 0),
    ("sort", "shuf -i 1-3000 | sort -n | cmp - <(seq 3000)", "", 0),
    ("split and cat", "seq 5000 >n; split -b 1000 n part.; cat part.* | cmp - n", "", 0),
    ("cp, mv, ln, rm", "cp n n2; ln n2 n3; ln -s n3 n4; mv n2 n5; stat -c %h n5\n"
     "readlink -f n4; rm n5; cmp n n4; rm n3; cat n4 2>/dev/null || echo gone",
     "2\n/root/tried/n3\ngone", 0),
    ("modes and owners", "touch m; chown 7:8 m; chmod 4750 m; stat -c '%a %u %g' m", "4750 7 8", 0),
    ("times", "TZ=UTC touch -d '2001-02-03 04:05:06.789' t; stat -c %Y t; find t -newer n",
     "981173106", 0),
    ("the date is not long ago", "touch now; find now -newer /etc/passwd -mmin -1", "now", 0),
    ("dd and fsync", "dd if=/dev/urandom of=r bs=64k count=4 conv=fsync status=none; stat -c %s r",
     "262144", 0),
    ("sparse files", "truncate -s 100M hole; stat -c '%s %b' hole; head -c 4 hole | od -An -tx1",
     "104857600 0\n 00 00 00 00", 0),
    ("find",
     "mkdir -p d/a d/b; touch d/a/{1,2} d/b/3; find d -type f -printf '%f\\n' | sort | xargs",
     "1 2 3", 0),
    ("find and xargs", "find d -type f -print0 | xargs -0 -n 1 basename | sort -r | xargs", "3 2 1",
     0),
    ("grep", "grep -c '7$' n; grep -rl root /etc/passwd; grep -qE '^(a|b)$' n",
     "500\n/etc/passwd", 1),
    ("sed in place", "seq 3 >e; sed -i 's/2/two/;$d' e; cat e", "1\ntwo", 0),
    ("gawk",
     "seq 100 | gawk '{s += $1; \"echo x\" | getline y} END {print s y; print 1 | \"cat\"}'",
     "5050x\n1", 0),
    ("diff and its status", "seq 4 >x1; seq 2 5 >x2; diff x1 x2 >x3; echo $?; wc -l <x3", "1\n4",
     0),
    ("tar and gzip", "cp n d/a; ln d/a/n d/b/hard; ln -s ../a/n d/b/soft; tar -czf d.tgz d\n"
     "mkdir gz; tar -xzf d.tgz -C gz && diff -r d gz/d && readlink gz/d/b/soft", "../a/n", 0),
    ("tar and xz", "tar -cJf d.txz d; mkdir xz; tar -xJf d.txz -C xz && diff -r d xz/d", "", 0),
    ("gzip finds damage", "gzip -k n; gzip -t n.gz && head -c 999 n.gz >bad.gz; gzip -t bad.gz "
     "2>/dev/null", "", 1),
    ("checksums", "printf abc | sha256sum | cut -c1-16; printf abc | md5sum | cut -c1-16",
     "ba7816bf8f01cfea\n900150983cd24fb0", 0),
    ("perl", "perl -e 'my $p = fork; exit 3 unless $p; waitpid $p, 0; print $? >> 8, `echo hi`;"
     "local $SIG{ALRM} = sub {die \"alarm\\n\"}; eval {alarm 1; sleep 9}; print $@'", "3hi\nalarm",
     0),
    ("a call that is not there is named and counted",
     "perl -e 'syscall 9999 for 1 .. 12; print $!'; echo;"
     "tsr log linux | grep -o 'call 9999.*'",
     "Function not implemented\ncall 9999 (?) is not there: made 1 times, last by perl\n"
     "call 9999 (?) is not there: made 10 times, last by perl", 0),
    ("perl and sockets", "perl -MSocket -e 'socketpair A, B, AF_UNIX, SOCK_STREAM, 0 or die;"
     "syswrite A, \"x\"; sysread B, $x, 1; print \"$x\\n\"'", "x", 0),
    ("ps", "ps -o comm= -p $$; ps -e -o pid=,comm= | grep -w 1 | xargs", "bash\n1 bash", 0),
    ("pgrep", "sleep 77 & pgrep -f 'sleep 77' | cmp - <(echo $!); kill $!", "", 0),
    ("top", "top -b -n 1 | grep -c '^MiB Mem'", "1", 0),
    ("free", "free | awk '/Mem/ {print ($2 > $3)}'", "1", 0),
    ("df", "df --output=fstype,target / | tail -n 1 | xargs; df -h / >/dev/null", "ext4 /", 0),
    ("a terminal of its own",
     "script -qc 'tty; stty size' /dev/null | tr -d '\\r' | sed s/[0-9]//g",
     "/dev/pts/\n ", 0),
    ("timeout", "timeout 0.1 sleep 10", "", 124),
    ("a named pipe", "mkfifo p; (echo through >p &); cat p", "through", 0),
    ("locks", "exec 9>lock; flock 9; flock -n lock true; echo $?", "1", 0),
    ("another user", "setpriv --clear-groups --regid 1000 true 2>&1; su nobody -s /bin/sh -c "
     "'id -u; touch /etc/x 2>/dev/null || echo refused'", "65534\nrefused", 0),
    ("the package manager's list", "dpkg -s bash | grep ^Status; dpkg -V bash coreutils",
     "Status: install ok installed", 0),
    ("less without a terminal", "less n | tail -n 1", "5000", 0),
    ("file knows ELF", "file -b /bin/bash | cut -d, -f1", "ELF 64-bit LSB pie executable", 0),
    ("ldd", "ldd /bin/bash | grep -c '=>'", "2", 0),
    ("a full device", "echo x 2>/dev/null >/dev/full", "", 1),
)

SCRIPT_END = "cases end"


def script():
    """All cases for bash."""
    lines = ["rm -rf tried; mkdir tried; cd tried"]
    for number, (_, command, _, _) in enumerate(CASES):
        lines += [f"cat >../case <<'END OF CASE'\n{command}\nEND OF CASE",
                  f"echo '== {number}'; bash ../case </dev/null 2>&1; s=$?; echo \"status $s\""]
    return "\n".join(lines + [f"cd; sync; echo {SCRIPT_END}"]) + "\n"


def debugfs(path, command, *options):
    """What debugfs prints."""
    return subprocess.run(["/sbin/debugfs", *options, "-R", command, path], capture_output=True,
                          check=True).stdout


def make_disk(folder):
    """A copy of Debian's image with the script in it."""
    image = subprocess.run(["tools/rootfs/rootfs.sh", "path"], cwd=ROOT, capture_output=True,
                           text=True, check=True).stdout.strip()
    if not os.path.exists(image):
        made = subprocess.run(["bash", "-c", ". tools/tessera/lib.sh; need disk; "
                               "tools/rootfs/rootfs.sh build"], cwd=ROOT, check=False,
                              capture_output=True, text=True)
        assert made.returncode == 0, f"there is no image and none can be made: {made.stderr}"
    path, cases = os.path.join(folder, "disk"), os.path.join(folder, "cases")
    subprocess.run(["cp", "--sparse=always", image, path], check=True)
    with open(cases, "w", encoding="utf-8") as file:
        file.write(script())
    debugfs(path, f"write {cases} /root/cases", "-w")
    return path


class Session:
    """A machine at its prompt."""

    def __init__(self, machine):
        self.machine = machine
        machine.expect(PROMPT, 120, never=BAD)

    def keys(self, keys, pattern, timeout=30):
        """Types keys and waits for what they lead to."""
        self.machine.seen = len(self.machine.text)
        self.machine.send(keys)
        return self.machine.expect(pattern, timeout, never=BAD)

    def type(self, keys, timeout=30):
        """Types keys and Enter; the lines shown up to the next prompt, but the typed one."""
        start = len(self.machine.text)
        self.keys(keys + "\r", r"\n(.*\n)*?" + PROMPT, timeout)
        lines = self.machine.text[start:].split("\n")[1:-1]
        return [line for line in lines if not LOG.match(line)]


def equal(got, wanted):
    """Two of anything."""
    assert got == wanted, f"got {got!r}, not {wanted!r}"[:600]


def here_document(session):
    """Typed over three lines."""
    session.keys("cat <<END\r", r"^> \Z")
    session.keys("six times seven: $((6*7))\r", r"^> \Z")
    session.keys("END\r", r"^six times seven: 42\n" + PROMPT)


# A job that says when it has the terminal: `fg` shows its name before that.
JOB = """while sleep .1; do
read -r l </proc/$$/stat; set -- $l
[ $5 = $8 ] && echo in front
done"""


def make_job(session):
    """Into the file `job`."""
    session.keys("cat >job <<'END'\r", r"^> \Z")
    for line in JOB.split("\n"):
        session.keys(line + "\r", r"^> \Z")
    session.type("END")


def jobs(session):
    """Ctrl-C, Ctrl-Z, jobs, bg, fg."""
    make_job(session)
    session.keys("sh job\r", r"^in front\n")
    session.keys("\x1a", r"Stopped +sh job\n" + PROMPT)
    assert any("Stopped" in line for line in session.type("jobs")), "jobs: stopped"
    session.type("bg")
    assert any("Running" in line for line in session.type("jobs")), "jobs: running"
    session.keys("fg\r", r"^in front\n")
    session.keys("\x03", PROMPT)
    equal(session.type("echo $?"), ["130"])
    equal(session.type("jobs"), [])


def editing(session):
    """Readline: erase, left, history, completion."""
    equal(session.type("echo acx\x7f\x1b[Db"), ["abc"])
    equal(session.type("\x1b[A"), ["abc"])
    equal(session.type("echo /etc/hostn\t"), ["/etc/hostname"])


def vi(session):
    """Vim draws, takes keys, writes."""
    session.keys("vi typed\r", r"\"typed\"")
    session.keys("itext of vi\x1b", r"text of vi")
    session.keys(":wq\r", PROMPT)
    equal(session.type("cat typed"), ["text of vi"])


def less(session):
    """less shows a page and goes at q."""
    session.keys("seq 500 | less\r", r"^:\Z")
    session.keys("G", r"500\n(.*\n)*.*END")
    session.keys("q", PROMPT)


def run_cases(session, report):
    """The script, and a verdict for each case."""
    start = len(session.machine.text)
    try:
        session.keys("bash cases\r", rf"^{SCRIPT_END}$", 300)
    finally:
        said = dict(re.findall(r"^== (\d+)\n((?:.*\n)*?status \d+)$", session.machine.text[start:],
                               re.M))
        for number, (name, _, lines, status) in enumerate(CASES):
            text = said.get(str(number), "nothing").split("\n")
            got = "\n".join(line for line in text if not LOG.match(line))
            wanted = (lines + "\n" if lines else "") + f"status {status}"
            report.case(name, lambda g=got, w=wanted: equal(g, w))


def clean(path):
    """The journal is replayed, then nothing is wrong."""
    for option, good in (("-p", (0, 1)), ("-fn", (0,))):
        done = subprocess.run(["/sbin/e2fsck", option, path], capture_output=True, text=True,
                              check=False)
        assert done.returncode in good, done.stdout


def host_sees(path):
    """What the guest wrote."""
    equal(debugfs(path, "cat /root/typed"), b"text of vi\n")
    equal(debugfs(path, "cat /root/tried/n"), b"".join(b"%d\n" % i for i in range(1, 5001)))
    assert b"../a/n" in debugfs(path, "stat /root/tried/xz/d/b/soft"), "the symbolic link"
    mode = debugfs(path, "stat /root/tried/m")
    assert re.search(rb"Mode: +04750", mode) and re.search(rb"User: +7 +Group: +8", mode), mode


def main(build):
    """One boot, then the disk."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        found = []
        report.case("the disk", lambda: found.append(make_disk(folder)))
        if not found:
            return report.close()
        path = found[0]
        with Machine(build, image=os.path.join(build, "images/debian.img"),
                     extra=disk_options(path),
                     log=os.path.join(build, "log/debian.txt")) as machine:
            report.case("a prompt", lambda: found.append(Session(machine)))
            for name, check in (("a here-document is typed", here_document), ("job control", jobs),
                                ("line editing", editing), ("vi", vi), ("less", less)):
                report.case(name, lambda c=check: c(found[1]))
            report.case("the script", lambda: run_cases(found[1], report))
        report.case("e2fsck finds nothing", lambda: clean(path))
        report.case("the host sees what was written", lambda: host_sees(path))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build"))
