# SPDX-License-Identifier: BSD-2-Clause
"""What is made of the counts: the table, JSON, a picture, and the comparison with what is kept."""
import json
import math
import os
import subprocess
from xml.sax.saxutils import escape

import yaml

import rival

FIGURES = "bench/figures.yaml"
EXPECTED = "bench/expected.json"
WORSE = 1.03
WORSE_PROGRAM = 1.1  # Linux programs: a component's code is no short way of the kernel
TEXT_LIMIT = 48 * 1024


def figures():
    """Limits, and the figures of others."""
    with open(FIGURES, encoding="utf-8") as file:
        return yaml.safe_load(file)


def text_bytes(build):
    """Size of the kernel's code that stays in memory after boot."""
    lines = subprocess.run(["size", "-A", os.path.join(build, "kernel.elf")], capture_output=True,
                           text=True, check=True).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(".text"))


def row(path, figure):
    """Everything that the table says of one path."""
    kernel = path.column("kernel")
    made = {"name": path.name, "operation": path.text, "runs": len(kernel), "kernel_min": kernel[0],
            "kernel": path.median("kernel"), "kernel_max": kernel[-1], "user": path.median("user"),
            "longest": path.column("longest")[-1], "loads": path.median("loads"),
            "stores": path.median("stores"), "kernel_every_rep": path.median("iterations")}
    made.update({key: figure[key] for key in figure})
    rival = figure.get("mcs", figure.get("classic"))
    if rival:
        made["sel4_ratio"] = round(rival / made["kernel"], 2)
    if "linux" in figure:
        made["linux_ratio"] = round(figure["linux"] / (made["kernel"] + made["user"]), 2)
    made["within"] = (made["kernel"] <= figure.get("limit", made["kernel"])
                      and made["user"] <= figure.get("user_limit", made["user"]))
    return made


def rows(paths):
    """A row for each path that is an operation."""
    others = figures()
    return [row(path, others.get(name, {})) for name, path in paths.items()
            if name != "calibrate" and not rival.is_program(name)]


def cell(made, key, width):
    """A number with its thousands set off, or a dash."""
    value = made.get(key)
    text = "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value}x"
    return text.rjust(width)


def line(made):
    """One line of the table."""
    mark = "" if "limit" not in made else "ok" if made["within"] else "OVER"
    extra = ""
    if "per" in made:
        total = made["kernel"] + made["user"]
        extra = f"  {total / made['per']:.0f} a message, kernel {made['kernel'] / made['per']:.0f}"
    if "like" in made:
        extra += f"  Linux: {made['like']}"
    return (f"{made['operation']:52.52}" + cell(made, "kernel_min", 11) + cell(made, "kernel", 11)
            + cell(made, "kernel_max", 11) + cell(made, "user", 8) + cell(made, "classic", 11)
            + cell(made, "mcs", 11) + cell(made, "sel4_ratio", 8) + cell(made, "linux", 14)
            + cell(made, "linux_ratio", 9) + cell(made, "limit", 10) + f" {mark:4}"
            + cell(made, "runs", 6) + extra)


def table(made_rows, build):
    """The table as text."""
    head = (f"{'operation':52}{'kernel min':>11}{'median':>11}{'max':>11}{'user':>8}{'seL4':>11}"
            f"{'seL4 MCS':>11}{'ratio':>8}{'Linux':>14}{'ratio':>9}{'limit':>10}     {'runs':>6}")
    lines = [head, "-" * len(head)] + [line(made).rstrip() for made in made_rows]
    longest = max((made for made in made_rows if made["name"] != "boot"),
                  key=lambda made: made["longest"])
    lines += ["", f"Kernel text: {text_bytes(build):,} bytes (limit {TEXT_LIMIT:,}).",
              f"Longest stretch without a chance for an interrupt: {longest['longest']:,} kernel "
              f"instructions, each iteration of a rep counted, in: {longest['operation']}.",
              "Instructions; a rep counts once. Ratio: theirs by ours (seL4: MCS where there is "
              "one, kernel instructions; Linux: kernel and user)."]
    return "\n".join(lines)


def growth(made_rows):
    """What must grow, and its longest stretch."""
    lines = ["", "What grows with the system:"]
    for made in made_rows:
        if made["name"].startswith(("grow_end", "grow_revoke", "revoke", "component_end")):
            lines.append(f"  {made['operation']:60.60}{made['kernel']:>13,} kernel instructions, "
                         f"at most {made['longest']:,} without a chance for an interrupt")
    return "\n".join(lines)


def over(made_rows, made_cards):
    """What is above a limit of our own, as text."""
    others = figures()
    found = [f"{made['name']}: {made['kernel']} kernel, {made['user']} user"
             for made in made_rows if not made["within"]]
    for card in made_cards:
        for key, limit in others.get(card["name"], {}).get("card", {}).items():
            value = card[key] if key in card else card["slow"].get(key, 0)
            if value > limit:
                found.append(f"{card['name']}: {value} {key}, at most {limit}")
    return found


def not_flat(made_rows):
    """What costs more with 10,000 components on the system than with one, as text."""
    now = {made["name"]: made["kernel"] for made in made_rows}
    return ", ".join(f"{what}: {now[f'grow_{what}_1']} to {now[f'grow_{what}_10000']}"
                     for what in ("call", "signal", "switch", "map")
                     if now[f"grow_{what}_10000"] > now[f"grow_{what}_1"])


def expected():
    """The kept counts: {name: {kernel, user}}."""
    with open(EXPECTED, encoding="utf-8") as file:
        return json.load(file)["paths"]


def varies(name):
    """Whether a path's count is another one each time."""
    return figures().get(name, {}).get("varies", False)


def keep(made_rows, build):
    """Makes the present counts the kept ones."""
    kept = {made["name"]: {"kernel": made["kernel"], "user": made["user"]} for made in made_rows
            if not varies(made["name"])}
    about = ["SPDX-License-Identifier: BSD-2-Clause", "Medians of instructions.",
             "./tessera bench --keep writes this file;",
             "./tessera test fails when a count is more than 3 % worse."]
    with open(EXPECTED, "w", encoding="utf-8") as file:
        body = ",\n".join(f"  {json.dumps(name)}: {json.dumps(counts)}"
                          for name, counts in kept.items())
        file.write(f'{{"about": {json.dumps(about, indent=1)},\n'
                   f'"text_bytes": {text_bytes(build)},\n'
                   f'"paths": {{\n{body}\n}}}}\n')


def worse(made_rows):
    """[(name, what got worse or '')] of every kept count."""
    now = {made["name"]: made for made in made_rows}
    found = []
    for name, counts in expected().items():
        faults = []
        for field, was in counts.items():
            value = now[name][field] if name in now else None
            if value is None:
                faults.append("it was not measured")
            elif value > was * (WORSE_PROGRAM if rival.is_program(name) else WORSE):
                faults.append(f"{value:,} {field} instructions, {was:,} are kept")
        found.append((name, "; ".join(faults)))
    return found + [(name, "it is not in the file") for name in now
                    if name not in expected() and not varies(name)]


BAR, LEFT, WIDE = 9, 380, 560


def bar(top, value, peak, colour, label):
    """One bar of the picture and its number."""
    width = WIDE * math.log10(max(value, 10) / 10) / math.log10(peak / 10)
    return (f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR - 1}" fill="{colour}"/>'
            f'<text x="{LEFT + width + 4:.1f}" y="{top + 8}" font-size="9">{label}</text>')


def plot(made_rows, file_name):
    """A picture: bars on a logarithmic scale, of the rows with somebody to compare with."""
    chosen = [made for made in made_rows if "mcs" in made or "classic" in made or "linux" in made]
    chosen = [made for made in chosen if made["name"] != "boot"]
    peak = max(max(made.get("linux", 0), made.get("mcs", 0), made["kernel"]) for made in chosen)
    parts, top = [], 40
    for made in chosen:
        parts.append(f'<text x="{LEFT - 8}" y="{top + 12}" font-size="11" text-anchor="end">'
                     f'{escape(made["operation"])}</text>')
        bars = [(made["kernel"], "#1b6f4a", "")]
        rival = made.get("mcs", made.get("classic"))
        bars += [(rival, "#b0792b", "")] if rival else []
        bars += [(made["linux"], "#8c8c8c", f' ({made["like"]})')] if "linux" in made else []
        for value, colour, note in bars:
            parts.append(bar(top, value, peak, colour, escape(f"{value:,}{note}")))
            top += BAR
        top += 7
    title = ('<text x="10" y="22" font-size="14">Instructions, logarithmic: Tessera (green), seL4 '
             'with scheduling contexts (brown), Linux, the nearest (grey)</text>')
    with open(file_name, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="1150" height="{top + 10}" '
                   f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
                   f'{title}{"".join(parts)}</svg>\n')
