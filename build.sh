#!/usr/bin/env bash
# The one way into the build: installs what is missing, then hands over to build.cake, where each step is a task.
set -Eeuo pipefail
trap 'echo "build.sh: stopped at line $LINENO" >&2' ERR
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

usage() {
    cat <<'END'
Usage: ./build.sh <command>

  run [scenario]      build and boot a scenario in QEMU (default: demo); leave with Ctrl-A X
  test [filter]       build, check the gates, run every test; a filter picks tests whose full name contains it
  build [name]        build everything, or only the kernel or one component
  image <scenario>    make out/images/<scenario>.iso (GRUB, BIOS and UEFI) and .img (syslinux)
  debug [scenario]    boot a scenario (default: hello) under gdb with C# source lines (docs/debugging.md)
  gates               check what the compiler cannot: SSE in the kernel, W^X, stack frames, unsafe code
  bench               measure, and write out/bench.json
  soak [name]         run the long suites; each writes its record under docs/soak
  format              lay out the sources as .editorconfig says
  tool <name> ...     run a host tool of tools/: kilonova (see and control running systems), gates, guests, images, symbols
  prerequisites       only install or check what the other commands need
  clean               remove out/
  help                this text
END
}

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# What the build, the emulators and the image builder need beside the .NET SDK: Debian package, and a file or command it brings.
readonly PACKAGES="
binutils:ld
cpp:cpp
gdb:gdb
qemu-system-x86:qemu-system-x86_64
ovmf:/usr/share/OVMF/OVMF_CODE.fd|/usr/share/OVMF/OVMF_CODE_4M.fd
bochs:bochs
bochs-term:/usr/lib/bochs/plugins/libbx_term_gui.so|/usr/lib/bochs/plugins/libbx_term.so
bochsbios:/usr/share/bochs/BIOS-bochs-latest
vgabios:/usr/share/vgabios/vgabios.bin
grub-common:grub-mkrescue
grub-pc-bin:/usr/lib/grub/i386-pc/multiboot.mod
grub-efi-amd64-bin:/usr/lib/grub/x86_64-efi/multiboot2.mod
xorriso:xorriso
mtools:mcopy
syslinux:syslinux
syslinux-common:/usr/lib/syslinux/modules/bios/mboot.c32
debootstrap:debootstrap
e2fsprogs:mke2fs|/usr/sbin/mke2fs
python3-msgpack:/usr/lib/python3/dist-packages/msgpack/__init__.py
"
# The first QEMU with every device that the tests use (igb came with 8.0).
readonly QEMU_MINIMUM="1:8.0"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "need root to install packages: run as root, or install sudo. Command: $*"
    fi
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"; }

installed_version() { dpkg-query -W -f='${db:Status-Abbrev} ${Version}' "$1" 2>/dev/null | sed -n 's/^ii *//p' || true; }

# Where apt keeps its sources; tests point it elsewhere.
readonly APT_SOURCES=${KILONOVA_APT_SOURCES:-/etc/apt}

# Prints the backports entry of a release ($1, its code name) in deb822 form, derived from the entry of the release itself, whichever of
# apt's two formats it has: same address, same key, other suite.
derive_backports() {
    {
        for file in "$APT_SOURCES"/sources.list.d/*.sources; do
            if [ -r "$file" ]; then cat "$file"; echo; fi
        done
        # One-line entries, rewritten to paragraphs.
        for file in "$APT_SOURCES"/sources.list "$APT_SOURCES"/sources.list.d/*.list; do
            if [ -r "$file" ]; then awk '$1 == "deb" {
                options = ""
                if (match($0, /\[[^]]*\]/)) { options = substr($0, RSTART + 1, RLENGTH - 2); sub(/\[[^]]*\]/, "") }
                printf "Types: deb\nURIs: %s\nSuites: %s\nComponents:", $2, $3
                for (i = 4; i <= NF; i++) printf " %s", $i
                print ""
                if (match(options, /signed-by=[^ ]*/)) print "Signed-By: " substr(options, RSTART + 10, RLENGTH - 10)
                print ""
            }' "$file"; fi
        done
    } | awk -v codename="$1" '
        function has(list, word) { return (" " list " ") ~ (" " word " ") }
        function flush() {
            if (!found && has(types, "deb") && has(suites, codename) && has(components, "main")) {
                printf "Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\n%s", uris, codename, signed
                found = 1
            }
            types = uris = suites = components = signed = ""; in_key = 0
        }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        /^[ \t]/ { if (in_key) signed = signed $0 "\n"; next }
        {
            name = tolower($1); value = $0; sub(/^[^:]*:[ \t]*/, "", value)
            in_key = name == "signed-by:"
            if (in_key) signed = $0 "\n"
            else if (name == "types:") types = value
            else if (name == "uris:") uris = value
            else if (name == "suites:") suites = value
            else if (name == "components:") components = value
        }
        END { flush() }'
}

add_backports() {
    local codename=$1 entry
    case $(apt-cache policy) in *"n=$codename-backports"*) return ;; esac
    entry=$(derive_backports "$codename")
    [ -n "$entry" ] || fail "found no Debian source for $codename to derive its backports from; QEMU $QEMU_MINIMUM or newer is needed"
    say "Adding $codename-backports beside the machine's own Debian source"
    printf '%s\n' "$entry" | as_root tee "$APT_SOURCES/sources.list.d/kilonova-backports.sources" >/dev/null
}

offline() {
    fail "apt-get failed, see above. Without a network, install these packages by other means and run the command again:$missing"
}

# Debian 12 has QEMU 7.2, which lacks devices that the tests use; its backports have a newer one.
install_with_apt() {
    local entry package missing="" qemu os codename
    qemu=$(installed_version qemu-system-x86)
    for entry in $PACKAGES; do
        package=${entry%%:*}
        if [ "$package" = qemu-system-x86 ]; then
            if [ -z "$qemu" ] || dpkg --compare-versions "$qemu" lt "$QEMU_MINIMUM"; then missing="$missing $package"; fi
        elif [ -z "$(installed_version "$package")" ]; then
            missing="$missing $package"
        fi
    done
    [ -n "$missing" ] || return 0

    say "Installing from Debian:$missing"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || fail "installing packages needs root: run as root, install sudo, or install them:$missing"
    os=$(. /etc/os-release && echo "${ID:-}:${VERSION_ID:-}")
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    apt_get update || offline
    case "$os:$missing" in
        debian:12:*qemu-system-x86*)
            add_backports "$codename"
            apt_get update || offline
            # Named one by one, since apt would else take every dependency from the backports that has a version there.
            for package in qemu-system-x86 qemu-system-common qemu-system-data seabios; do
                missing="${missing/ $package/} $package/$codename-backports"
            done
            ;;
    esac
    # shellcheck disable=SC2086 # a list of package names
    apt_get install -y --no-install-recommends $missing || offline
}

# Without apt: the first of the |-separated commands or files that is there will do.
check_by_hand() {
    local entry package witness candidate found missing=""
    for entry in $PACKAGES; do
        package=${entry%%:*}; witness=${entry#*:}; found=""
        for candidate in ${witness//|/ }; do
            case $candidate in
                /*) [ -e "$candidate" ] && found=1 ;;
                *) command -v "$candidate" >/dev/null && found=1 ;;
            esac
        done
        [ -n "$found" ] || missing="$missing\n  $package (brings ${witness//|/ or })"
    done
    [ -z "$missing" ] || fail "$(printf "this machine has no apt; please install (names as in Debian):$missing")"
}

require_sdk() {
    local sdk
    command -v dotnet >/dev/null || fail "dotnet is not on the PATH: install the .NET SDK 10, or put its folder on the PATH, and run the command again"
    sdk=$({ dotnet --list-sdks || true; } | sed 's/ .*//' | sort -V | tail -n 1)
    [ "${sdk%%.*}" -ge 10 ] 2>/dev/null || fail "the newest .NET SDK here is ${sdk:-none, only a runtime}: install the .NET SDK 10 and run the command again"
}

prerequisites() {
    require_sdk
    PATH=$PATH:/usr/sbin:/sbin
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then install_with_apt; else check_by_hand; fi
    dotnet tool restore --verbosity quiet >/dev/null || dotnet tool restore \
        || fail "NuGet could not restore the build tool, see above: it needs a package source, over the network or in the cache"
}

# One compiler process serves all projects of this build, which halves its time, and ends with it.
export UseSharedCompilation=true SharedCompilationId=kilonova-$$
stop_compiler() {
    local process
    for process in /proc/[0-9]*; do
        case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline" || true) in
            *"VBCSCompiler -pipename:$SharedCompilationId "*) kill "${process#/proc/}" 2>/dev/null || true ;;
        esac
    done
}
trap stop_compiler EXIT

# Colours only for a person.
[ -t 1 ] || export NO_COLOR=1

cake() { dotnet tool run dotnet-cake build.cake --no-report "$@"; }

# Before anything is installed or built: is the scenario there?
require_scenario() {
    [ -f "images/$1.yaml" ] || fail "no scenario ${1:+$1 }in images/; there are: $(cd images && echo *.yaml | sed 's/\.yaml//g')"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
    run) require_scenario "${1:-demo}" ;;
    debug) require_scenario "${1:-hello}" ;;
    image) require_scenario "${1:-}" ;;
esac
case $command in
    help | -h | --help) usage; exit 0 ;;
    clean) rm -rf out; say "Removed out/"; exit 0 ;;
    derive-backports) derive_backports "$1"; exit 0 ;;
    prerequisites) prerequisites; say "All prerequisites are there"; exit 0 ;;
    test | soak | bench)
        prerequisites
        rm -f out/totals.txt
        status=0; cake --target="$command" ${1:+--name="$1"} || status=$?
        cat out/totals.txt 2>/dev/null || echo "0 passed, 1 failed"
        exit $status ;;
    run | build | image | debug | gates) prerequisites; cake --target="$command" ${1:+--name="$1"} ;;
    format) require_sdk; exec dotnet format whitespace Kilonova.slnx ;;
    tool)
        name=${1:-}; [ -n "$name" ] && [ -d "tools/$name" ] || fail "tool: which one? ($(cd tools && echo */Kilonova.*.csproj | sed 's,/[^ ]*,,g'))"
        require_sdk
        shift; exec dotnet run --project "tools/$name" -- "$@" ;;
    *) usage >&2; fail "unknown command: $command" ;;
esac
