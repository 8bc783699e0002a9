# SPDX-License-Identifier: BSD-2-Clause
# Fetching a Debian source package at a pinned version. Sourced by the scripts that build libraries;
# they set `package`, `version`, `sums` (a file of SHA-256 sums), `cache` and `work` (a folder for
# passing use). What makes a source ours to trust is the file of sums, not the mirror.

die()
{
    echo "$(basename "$0"): $1" >&2
    [ -z "${2:-}" ] || echo "  to mend it: $2" >&2
    exit 1
}

# An apt that knows the source lists of the configured mirrors and keeps all its state in $work.
private_apt()
{
    apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User= "$@"
}

source_fetch()
{
    local by_hand="put the files named in $sums into $cache/source"

    command -v apt-get >/dev/null || die "apt-get is not here, so the source cannot be fetched" "$by_hand"
    mkdir -p "$work"/{lists/partial,cache/archives/partial} "$cache/source"
    # trusted: the sums decide, whatever key a mirror signs with.
    apt-get indextargets --format 'deb-src [trusted=yes] $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' | grep -E ' [a-z/-]+ main$' | sort -u >"$work/sources.list"
    [ -s "$work/sources.list" ] || die "apt has no Debian mirror configured" "see /etc/apt/sources.list.d"
    private_apt update >"$work/log" 2>&1 || { tail -n 3 "$work/log" >&2; die "apt-get update failed"; }
    (cd "$cache/source" && private_apt source --download-only "$package=$version") >"$work/log" 2>&1 || {
        tail -n 3 "$work/log" >&2
        die "the source package $package $version is not to be had from the configured mirror" "$by_hand"
    }
}

source_verified()
{
    [ -d "$cache/source" ] && (cd "$cache/source" && sha256sum --status -c "$sums" 2>/dev/null)
}

# Leaves the verified files of the package in $cache/source.
source_get()
{
    source_verified && return
    source_fetch
    source_verified || die "the fetched $package $version is not what it should be ($sums)" \
        "delete $cache/source and try again; if it stays, do not use that mirror"
}
