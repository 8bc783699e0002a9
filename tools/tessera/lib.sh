# SPDX-License-Identifier: BSD-2-Clause
# What the subcommands share: messages, and the Debian packages they need. Sourced by ./tessera.

PACKAGES=tools/tessera/packages

# die WHAT [FIX]: ends the command with an error that names the thing and the fix.
die()
{
    echo "tessera: $1" >&2
    [ -z "${2:-}" ] || echo "  to mend it: $2" >&2
    exit 1
}

# packages_of GROUPS: lines "package why" of those groups (all groups when empty), each package once.
packages_of()
{
    awk -v groups="$1" '
        BEGIN { count = split(groups, want, " ") }
        /^#/ || NF < 3 { next }
        {
            take = count == 0
            split($1, have, ",")
            for (w in want) for (h in have) if (want[w] == have[h]) take = 1
            if (!take || seen[$2]++) next
            package = $2; $1 = $2 = ""; sub(/^ +/, "")
            print package, $0
        }' "$PACKAGES"
}

# missing GROUPS: the lines of packages_of whose package is not installed.
missing()
{
    local installed
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' | awk '$2 == "installed" { print $1 }')
    packages_of "$1" | while read -r package why; do
        grep -qxF "$package" <<<"$installed" || echo "$package $why"
    done
}

# as_root COMMAND...: runs it as root if that is possible.
as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# need GROUPS: installs what is missing, saying what and why.
need()
{
    if ! command -v dpkg-query >/dev/null; then
        [ -n "${TESSERA_NO_INSTALL:-}" ] && return
        die "this is not a Debian system, so nothing can be installed by itself" \
            "install the likes of: $(packages_of "$1" | cut -d' ' -f1 | tr '\n' ' ')and set TESSERA_NO_INSTALL=1"
    fi
    local lines packages
    lines=$(missing "$1")
    [ -n "$lines" ] || return 0
    echo "tessera: these Debian packages are missing and will be installed:"
    while read -r package why; do printf '  %-20s %s\n' "$package" "$why"; done <<<"$lines"
    packages=$(cut -d' ' -f1 <<<"$lines" | tr '\n' ' ')
    [ -z "${TESSERA_NO_INSTALL:-}" ] || die "TESSERA_NO_INSTALL is set" "apt-get install $packages"
    install_packages $packages
}

# install_packages PACKAGE...: the lists of a new machine are empty, so try once more after an update.
install_packages()
{
    local log
    log=$(mktemp)
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
    if ! as_root "${install[@]}" >"$log" 2>&1; then
        as_root apt-get update -q >>"$log" 2>&1 && as_root "${install[@]}" >>"$log" 2>&1 || {
            tail -n 5 "$log" >&2
            die "the packages could not be installed (the whole story is in $log)" \
                "as root: apt-get update && apt-get install $*"
        }
    fi
    rm -f "$log"
}

# build TARGET...: quietly unless something must be compiled.
build()
{
    make --no-print-directory -j"$(nproc)" BUILD="$BUILD" "$@" || die "the build failed" "see the first error above"
}

# build_system NAME: the kernel and that boot image.
build_system()
{
    if [ -f "system/$1.yaml" ]; then
        build kernel "$BUILD/images/$1.img"
    else
        build all
    fi
}

# image_of NAME: the path of a boot image that was built.
image_of()
{
    local image=$BUILD/images/$1.img
    [ -f "$image" ] || die "there is no boot image '$1'" \
        "one of: $(ls "$BUILD/images" 2>/dev/null | sed -n 's/\.img$//p' | tr '\n' ' ')(system/NAME.yaml makes one)"
    echo "$image"
}

# accelerator: KVM where it can be used, else emulation. There are machines where /dev/kvm opens and QEMU
# then fails on it, so it is tried out.
accelerator()
{
    if [ -w /dev/kvm ] && (ulimit -c 0 && echo quit | timeout 10 qemu-system-x86_64 -accel kvm -cpu max -m 16M -S \
        -display none -nodefaults -monitor stdio) >/dev/null 2>&1; then
        echo kvm:tcg
    else
        echo tcg
    fi
}
