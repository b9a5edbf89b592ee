#!/usr/bin/env bash
# Builds the environment in .venv: system packages, Python packages, llama.cpp.
#     setup.sh          what running and testing need
#     setup.sh tools    what converting and training models needs, on top of that
# `make` calls it before everything. It returns at once when nothing has changed, and goes on where it was
# when it has been interrupted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

group=${1:-base}
log=.venv/setup.log
stamp=.venv/setup-$group.stamp
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 # a person's pip may be set to install beside the environment

die() {
    echo "make setup: $1" >&2
    exit 1
}

# llama.cpp is built as it comes: for exactly this processor, and with OpenMP, whose threads wait better than
# ggml's own while other processes want the cores (2 busy cores, a tiny model: 0.2 ms a token against 6 to 18).
# CMAKE_ARGS adds to that. Debian 12 has Vulkan headers of before VK_EXT_layer_settings: the patch is for them.
llama_for=${MORTAR_LLAMA:-$(cat .venv/llama 2>/dev/null || echo cpu)}
vulkan_patch=tools/setup/vulkan-headers-1.3.239.patch
case $llama_for in
    cpu) gpu_packages=() patches=() ;;
    # What compiles its shaders, and Mesa's drivers, a software device among them.
    vulkan)
        gpu_packages=(glslc libvulkan-dev mesa-vulkan-drivers spirv-headers) patches=("$vulkan_patch")
        export CMAKE_ARGS="-DGGML_VULKAN=ON ${CMAKE_ARGS:-}"
        ;;
    *) die "MORTAR_LLAMA is $llama_for: say MORTAR_LLAMA=cpu or MORTAR_LLAMA=vulkan" ;;
esac

# What a build depends on names the folder that keeps it: a home folder can be shared by computers that differ.
flavour=$(
    sed -n 's/.*"\(llama-cpp-python==[^"]*\)".*/\1/p' pyproject.toml
    echo "${CMAKE_ARGS:-}"
    cat "${patches[@]}" </dev/null
    uname -m
    getconf GNU_LIBC_VERSION
    grep -m1 -E '^(flags|Features)' /proc/cpuinfo |
        grep -oE '\b(amx|asimd|avx|bf16|bmi|f16c|fma|fphp|i8mm|sme|sse|sve)[a-z0-9_]*' | sort -u || true
)
llama=$(head -n 1 <<<"$flavour")
wheels=${XDG_CACHE_HOME:-$HOME/.cache}/mortar/wheels/$(sha256sum <<<"$flavour" | cut -c1-16)

# The stamp names the place too: an environment does not survive being moved.
stamped="$PWD $(cat pyproject.toml constraints.txt tools/setup/setup.sh - <<<"$flavour" | sha256sum)"
fresh() { [ "$(cat "$stamp" 2>/dev/null)" = "$stamped" ] && [ -x .venv/bin/python ]; }

fresh && exit
exec 9<tools/setup/setup.sh
flock -n 9 || { echo "another set-up is running here, waiting for it" && flock 9; }
fresh && exit

steps=$([ "$group" = base ] && echo 5 || echo 1)
at=0
step() { echo "[$((at += 1))/$steps] $1"; }

# Condenses the output of pip, ninja and apt to one line that changes; without a terminal, to a line every tenth.
progress() {
    local line percent of=0 shown=-1
    grep --line-buffered -E '^ *\[[0-9]+/[0-9]+\] |^ *(Collecting|Downloading|Installing|Unpacking) ' |
        while IFS= read -r line; do
            if [[ $line =~ ^\ *\[([0-9]+)/([0-9]+)\] ]]; then
                # A build within the build has a count of its own.
                [ "$of" = "${BASH_REMATCH[2]}" ] || of=${BASH_REMATCH[2]} shown=-1
                percent=$((100 * BASH_REMATCH[1] / of))
                line="built ${BASH_REMATCH[1]} of $of ($percent %)"
                [ -t 1 ] || ((percent / 10 > shown)) || continue
                shown=$((percent / 10))
            elif ! [ -t 1 ]; then
                continue
            fi
            if [ -t 1 ]; then printf '\r\033[K      %.70s' "${line##+( )}"; else echo "      $line"; fi
        done || true # grep found nothing to show
    if [ -t 1 ]; then printf '\r\033[K'; fi
}
shopt -s extglob
trap 'echo && die "interrupted; make setup goes on from here"' INT TERM

# run WHAT-TO-DO COMMAND...: all output to the log, the gist of it to the screen.
run() {
    local advice=$1
    shift
    echo "+ $*" >>"$log"
    "$@" 2>&1 | tee -a "$log" | progress && return
    tail -n 15 "$log" | cut -c1-200 >&2
    die "$advice (all output: $log)"
}

find_python() {
    local candidate # pyenv puts a python3.11 that does nothing in front of one that works
    for candidate in ${PYTHON:-$(type -aP python3.11 python3)}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    die "needs Python 3.11: install python3.11 (apt-get on Debian 12, the deadsnakes PPA on Ubuntu, or pyenv), or name it: PYTHON=... make setup"
}

# system_packages PACKAGE...: asks apt for those that are not there.
system_packages() {
    local missing=() package sudo=()
    if ! command -v dpkg-query >/dev/null; then
        echo "      this is not Debian: what it calls $* has to be here already"
        return
    fi
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    local advice="could not install ${missing[*]}: install them by hand (on Debian and Ubuntu: apt-get install ${missing[*]}), then make setup again"
    command -v apt-get >/dev/null || die "$advice"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "$advice"
        sudo=(sudo)
    fi
    echo "      installing ${missing[*]}"
    # Out-of-date lists are no reason to stop: one broken source of a person's own fails the update.
    run "$advice" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get update; exec apt-get install -y --no-install-recommends "$@"' sh "${missing[@]}"
}

# Built in a folder that stays, so that an interrupted build goes on; the wheel is kept for the next clone.
llama_wheel() {
    local again="llama.cpp did not build: mend what the lines above name, then make setup again"
    local build=.venv/build source patch jobs memory
    echo "      building it takes 5 to 10 minutes on 2 cores, for a GPU longer, once: it is kept in ${wheels%/*}"
    source=$build/${llama/==/-}
    if ! [ -d "$source" ]; then
        mkdir -p "$build/sdist" "$build/unpack"
        run "could not fetch $llama: check the network, then make setup again" \
            "${pip[@]}" download --no-deps --no-binary :all: --no-build-isolation -d "$build/sdist" "$llama"
        tar -xzf "$build"/sdist/*.tar.gz -C "$build/unpack"
        for patch in "${patches[@]}"; do
            run "$again" patch -d "$build"/unpack/* -p1 -i "$PWD/$patch"
        done
        mv "$build"/unpack/* "$source"
    fi
    # A compiler takes up to 1 GB here, and a small board has less of that than cores.
    memory=$(awk '/^MemAvailable/ { print int($2 / 1048576) + 1 }' /proc/meminfo)
    jobs=$(nproc)
    CMAKE_BUILD_PARALLEL_LEVEL=$((jobs < memory ? jobs : memory)) run "$again" \
        "${pip[@]}" wheel -v --no-deps --no-build-isolation -w "$build/wheel" \
        -C build-dir="$PWD/$build/cmake" -C cmake.verbose=false -C wheel.exclude="lib/**;include/**" "$source"
    mkdir -p "$wheels"
    mv "$build"/wheel/*.whl "$wheels/"
    rm -rf "$build"
}

pip=(.venv/bin/python -m pip)
install=("${pip[@]}" install --constraint constraints.txt)
offline="could not install the Python packages: check the network and the lines above, then make setup again"

if [ "$group" = base ]; then
    python=$(find_python)
    # An environment that was moved, or that has lost its Python, is made anew.
    if [ "$(cat .venv/place 2>/dev/null)" != "$PWD" ] || ! "${pip[@]}" --version >/dev/null 2>&1; then
        rm -rf .venv
    fi
    mkdir -p .venv
    : >"$log"

    step "system packages"
    "$python" -c 'import ensurepip, venv' 2>/dev/null && venv=() || venv=(python3.11-venv)
    # The font is what the tests draw pictures with, PulseAudio what they have for a sound card.
    system_packages "${venv[@]}" build-essential alsa-utils espeak-ng fonts-noto-color-emoji \
        libasound2-plugins libportaudio2 pulseaudio pulseaudio-utils tzdata "${gpu_packages[@]}"

    step "Python environment in .venv"
    if ! [ -e .venv/place ]; then
        run "could not make the environment in .venv: see the lines above, then make setup again" \
            "$python" -m venv .venv
        echo "$PWD" >.venv/place
    fi
    echo "$llama_for" >.venv/llama

    step "build tools"
    run "$offline" "${install[@]}" pip scikit-build-core cmake ninja hatchling editables

    step "llama.cpp"
    compgen -G "$wheels/*.whl" >/dev/null || llama_wheel
    run "$offline" "${pip[@]}" install --no-deps --force-reinstall "$wheels"/*.whl

    step "Python packages"
    run "$offline" "${install[@]}" --no-build-isolation --editable '.[dev]'
else
    step "packages for converting and training models (large)"
    run "$offline" "${install[@]}" --no-build-isolation --editable ".[$group]"
fi
echo "$stamped" >"$stamp"
echo "      ready in .venv"
