#!/usr/bin/env bash
# The one way into the build: installs what is missing, then hands over to build.cake, where each step is a task.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

usage() {
    cat <<'END'
Usage: ./build.sh <command>

  run [scenario]      build and boot a scenario in QEMU (default: hello); leave with Ctrl-A X
  test [filter]       build, check the gates, run every test; a filter picks tests whose full name contains it
  build [name]        build everything, or only the kernel or one component
  image <scenario>    make out/images/<scenario>.iso (GRUB, BIOS and UEFI) and .img (syslinux)
  debug [scenario]    boot a scenario under gdb with C# source lines (docs/debugging.md)
  gates               check what the compiler cannot: SSE in the kernel, W^X, stack frames, unsafe code
  bench               measure, and write out/bench.json
  soak [name]         run the long suites; each writes its record under docs/soak
  tool <name> ...     run a host tool of tools/: gates, symbols, images
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

installed_version() { dpkg-query -W -f='${db:Status-Abbrev} ${Version}' "$1" 2>/dev/null | sed -n 's/^ii *//p'; }

# Prints a source entry of the machine's own distribution with the suite replaced by its backports: same address, same key.
# $1 = code name. Understands deb822 (.sources) and one-line (.list) files.
derive_backports() {
    local codename=$1 file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] || continue
        awk -v codename="$codename" '
            function flush() {
                if (suites ~ "(^| )" codename "( |$)" && components ~ /(^| )main( |$)/ && types ~ /(^| )deb( |$)/ && !found) {
                    printf "deb822\nTypes: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\n%s", uris, codename, signed
                    found = 1
                }
                types = uris = suites = components = signed = ""; key = 0
            }
            /^[ \t]*$/ { flush(); next }
            /^#/ { next }
            /^[ \t]/ { if (key) signed = signed $0 "\n"; next }
            { name = tolower($1); value = $0; sub(/^[^:]*:[ \t]*/, "", value); key = 0 }
            name == "types:" { types = value }
            name == "uris:" { uris = value }
            name == "suites:" { suites = value }
            name == "components:" { components = value }
            name == "signed-by:" { signed = $0 "\n"; key = 1 }
            END { flush() }' "$file"
    done | awk '/^deb822$/ { if (seen++) exit; next } { print }'
}

derive_backports_one_line() {
    local codename=$1
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v codename="$codename" '
        $1 == "deb" {
            line = $0; options = ""
            if (match(line, /\[[^]]*\]/)) { options = substr(line, RSTART, RLENGTH) " "; sub(/\[[^]]*\][ \t]*/, "", line) }
            n = split(line, field, /[ \t]+/)
            main = 0
            for (i = 4; i <= n; i++) if (field[i] == "main") main = 1
            if (field[3] == codename && main) { print "deb " options field[2] " " codename "-backports main"; exit }
        }'
}

add_backports() {
    local codename=$1 entry
    if apt-cache policy | grep -q "n=$codename-backports"; then return; fi
    entry=$(derive_backports "$codename")
    if [ -n "$entry" ]; then
        say "Adding $codename-backports beside the machine's own Debian source"
        printf '%s\n' "$entry" | as_root tee /etc/apt/sources.list.d/kilonova-backports.sources >/dev/null
    else
        entry=$(derive_backports_one_line "$codename")
        [ -n "$entry" ] || fail "no Debian source for $codename found to derive its backports from; QEMU $QEMU_MINIMUM or newer is needed"
        say "Adding $codename-backports beside the machine's own Debian source"
        printf '%s\n' "$entry" | as_root tee /etc/apt/sources.list.d/kilonova-backports.list >/dev/null
    fi
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
    os=$(. /etc/os-release && echo "${ID:-}:${VERSION_ID:-}")
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    case "$os:$missing" in
        debian:12:*qemu-system-x86*)
            apt_get update
            add_backports "$codename"
            apt_get update
            apt_get install -y --no-install-recommends -t "$codename-backports" qemu-system-x86
            missing=${missing/ qemu-system-x86/}
            ;;
        *) apt_get update ;;
    esac
    # shellcheck disable=SC2086 # a list of package names
    [ -z "$missing" ] || apt_get install -y --no-install-recommends $missing
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

prerequisites() {
    command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: dotnet is not on the PATH"
    [ "$(dotnet --version | cut -d. -f1)" -ge 10 ] || fail "the .NET SDK is $(dotnet --version), need 10 or newer"
    PATH=$PATH:/usr/sbin:/sbin
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then install_with_apt; else check_by_hand; fi
    dotnet tool restore --verbosity quiet >/dev/null || dotnet tool restore
}

# Colours only for a person.
[ -t 1 ] || export NO_COLOR=1

cake() { dotnet tool run dotnet-cake build.cake --no-report "$@"; }

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
    help | -h | --help) usage; exit 0 ;;
    clean) rm -rf out; say "Removed out/"; exit 0 ;;
    prerequisites) prerequisites; say "All prerequisites are there"; exit 0 ;;
    test | soak | bench)
        prerequisites
        rm -f out/totals.txt
        status=0; cake --target="$command" ${1:+--name="$1"} || status=$?
        cat out/totals.txt 2>/dev/null || echo "0 passed, 1 failed"
        exit $status ;;
    run | build | image | debug | gates) prerequisites; cake --target="$command" ${1:+--name="$1"} ;;
    tool)
        name=${1:-}; [ -n "$name" ] && [ -d "tools/$name" ] || fail "tool: which one? ($(cd tools && echo */Kilonova.*.csproj | sed 's,/[^ ]*,,g'))"
        shift; exec dotnet run --project "tools/$name" -- "$@" ;;
    *) usage >&2; fail "unknown command: $command" ;;
esac
