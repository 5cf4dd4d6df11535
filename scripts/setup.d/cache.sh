# shellcheck shell=bash
# The tool cache: each tool is made in a temporary folder and renamed when whole.

# One finished tool per folder, named with its version.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/belfry"
making= # the temporary folder of the tool that is being made
child=  # the command that is making it, leader of its own process group
crates= # how many crates that command compiles, if it does
ticking= # what says how far it has come

say() { printf '%s\n' "$*"; }
fail() {
    printf 'scripts/setup: %s\n' "$*" >&2
    exit 1
}

stop() {
    trap - EXIT INT TERM HUP
    # The whole group, or a compiler would go on writing into the folder.
    if [[ $child ]]; then
        kill -TERM -- "-$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    [[ ! $ticking ]] || kill "$ticking" 2>/dev/null || true
    if [[ $making ]]; then
        rm -rf -- "$making" || true
    fi
    exit "$1"
}
trap 'stop $?' EXIT
trap 'stop 130' INT
trap 'stop 143' TERM
trap 'stop 129' HUP

# at_least VERSION OLDEST: whether VERSION is OLDEST or newer.
at_least() {
    [[ $1 ]] && sort --check=quiet --version-sort <<<"$2"$'\n'"$1"
}

# version_in TEXT: the first thing in it that looks like a version.
version_in() {
    [[ $1 =~ [0-9]+(\.[0-9]+)* ]] && printf '%s' "${BASH_REMATCH[0]}"
}

# run_logged COMMAND…: its output goes to $log, whose end is shown if it fails.
# In the background, because bash hears a signal during `wait` but not during a command.
run_logged() {
    local code=0
    mkdir -p "${log%/*}"
    setsid setpriv --pdeathsig TERM "$@" >>"$log" 2>&1 &
    child=$!
    tick &
    ticking=$!
    wait "$child" || code=$?
    child=
    kill "$ticking" 2>/dev/null || true
    wait "$ticking" 2>/dev/null || true
    ticking=
    crates=
    return "$code"
}

# Every half minute, says how far the command has come whose log is $log.
tick() {
    local compiled
    trap - EXIT INT TERM HUP
    SECONDS=0
    while setpriv --pdeathsig TERM sleep 30; do
        if [[ $crates ]]; then
            compiled=$(grep -c '^ *Compiling ' "$log") || true
            say "  $compiled of $crates crates after $SECONDS s"
        else
            say "  still running after $SECONDS s"
        fi
    done
}

show_log() {
    tail -n 20 "$log" | sed 's/^/  | /' >&2
    say "  full log: $log" >&2
}

# make_tool FOLDER RECIPE: has RECIPE fill a temporary folder, given as its argument,
# and renames that to FOLDER in the cache. One set-up at a time: the lock is released
# by the kernel when its holder dies, so a temporary seen under the lock is a dead one's.
make_tool() {
    local folder=$1 recipe=$2 code=0
    log="$cache/logs/$folder.log"
    mkdir -p "$cache"
    exec 9>"$cache/.lock"
    if ! flock --nonblock 9; then
        say "  waiting for another set-up to finish"
        flock 9
    fi
    rm -rf -- "$cache"/.making-*
    if [[ ! -d $cache/$folder ]]; then
        rm -f -- "$log"
        making=$(mktemp -d "$cache/.making-$folder.XXXXXX")
        chmod 755 "$making"
        "$recipe" "$making" || code=$?
        if ((code == 0)); then
            mv --no-target-directory "$making" "$cache/$folder"
            rm -f -- "$log"
        else
            rm -rf -- "$making"
        fi
        making=
    fi
    flock --unlock 9
    exec 9>&-
    return "$code"
}

# download URL FILE: https only, and once a host did not answer, no more is asked of it.
unreachable=' '
download() {
    local url=$1 file=$2 host code=0
    host=${url#https://}
    host=${host%%/*}
    [[ $unreachable != *" $host "* ]] || return 1
    mkdir -p "${log%/*}"
    curl --fail --silent --show-error --location --proto '=https' \
        --connect-timeout 5 --max-time 300 --output "$file" "$url" >>"$log" 2>&1 || code=$?
    case $code in
        5 | 6 | 7 | 28 | 35 | 60) unreachable+="$host " ;;
    esac
    return "$code"
}
