# SPDX-License-Identifier: BSD-2-Clause
# One file of one Debian package at a pinned version, byte for byte. Sourced by the scripts beside
# it; they set `name`, `version` and `package` (the file's name on a mirror), `sum` (its SHA-256) and
# `member` (the path inside it), and give package_target the name under which the member is kept.
#
# It comes from whatever mirror this machine's apt is configured for; what makes it ours to trust is
# the sum. It is kept in the user's cache (TESSERA_CACHE, default ~/.cache/tessera).

cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}

die()
{
    echo "$(basename "$0"): $1" >&2
    [ -z "${2:-}" ] || echo "  to mend it: $2" >&2
    exit 1
}

# package_target KEPT: where the member is, or will be. Another sum is another folder.
package_target()
{
    echo "$cache/$name-${sum:0:12}/$1"
}

package_verified()
{
    [ -f "$cache/$package" ] && echo "$sum  $cache/$package" | sha256sum --status -c
}

package_fetch()
{
    command -v apt-get >/dev/null || die "apt-get is not here" "put $package into $cache"
    (cd "$work" && apt-get -q -o APT::Sandbox::User= download "$name=$version") >"$work/log" 2>&1 || {
        tail -n 3 "$work/log" >&2
        die "$name $version is not to be had from the configured mirror" \
            "apt-get update, or put $package into $cache"
    }
    find "$work" -name "${name}_*.deb" -exec mv {} "$cache/$package" \;
}

# package_build TARGET: fetches, verifies and unpacks, unless the target is there.
package_build()
{
    [ -f "$1" ] && return
    mkdir -p "$cache" "$(dirname "$1")"
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    package_verified || package_fetch
    package_verified || die "$cache/$package is not what it should be (SHA-256)" "delete it and try again"
    dpkg-deb --fsys-tarfile "$cache/$package" | tar -xf - -C "$work" "$member"
    mv "$work/$member" "$1"
}
