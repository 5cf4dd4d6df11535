# shellcheck shell=bash
# The distribution's packages, installed as root only; else the line to run is printed.

# need_commands: what no set-up can do without.
need_commands() {
    local command missing=()
    [[ $(uname -s) == Linux ]] || fail "this set-up supports only Linux; CONTRIBUTING.md lists the tools"
    for command in cc curl make node npm setpriv flock tar; do
        command -v "$command" >/dev/null || missing+=("$command")
    done
    ((${#missing[@]} == 0)) ||
        fail "please install first: ${missing[*]} (cc is in gcc; node is Node.js 20 or newer, npm comes with it)"
    at_least "$(version_in "$(node --version)")" 20 ||
        fail "please install Node.js 20 or newer (this is $(node --version))"
}

# installed PACKAGE…: whether dpkg has all of them.
installed() {
    local states
    states=$(dpkg-query --show --showformat '${db:Status-Status}\n' "$@" 2>/dev/null) || return 1
    [[ $states != *[!d]$'\n'* && $states != *not-installed* ]]
}

# available PACKAGE…: whether the distribution can install all of them.
lists_updated=
available() {
    local package
    command -v apt-cache >/dev/null || return 1
    for package in "$@"; do
        if ! has_candidate "$package"; then
            update_lists && has_candidate "$package" || return 1
        fi
    done
}

has_candidate() {
    # Read whole before it is searched: a grep that stops at the first match would end apt-cache
    # by SIGPIPE, and under pipefail that is a "no".
    local policy
    policy=$(apt-cache policy "$1" 2>/dev/null) && [[ $policy == *$'\n  Candidate: '[!\(]* ]]
}

# update_lists: once in a run, and as root only; a fresh machine has no lists at all.
update_lists() {
    [[ ! $lists_updated && $EUID == 0 ]] || return 1
    lists_updated=yes
    log="$cache/logs/apt-get.log"
    run_logged apt-get update
}

# install_packages WHAT PACKAGE…: WHAT is what a person calls it.
install_packages() {
    local what=$1
    shift
    if ((EUID != 0)); then
        fail "$what: please run: sudo apt-get install --no-install-recommends $*"
    fi
    say "$what: installing $*"
    log="$cache/logs/apt-get.log"
    rm -f -- "$log"
    apt_get_install "$@" || { update_lists && apt_get_install "$@"; } || {
        show_log
        fail "$what: apt-get could not install $*"
    }
}

apt_get_install() {
    DEBIAN_FRONTEND=noninteractive run_logged \
        apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}
