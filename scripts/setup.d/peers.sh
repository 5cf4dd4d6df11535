# shellcheck shell=bash
# The programs that the benchmark compares with. What cannot be had, it leaves out and says so.

set_up_peers() {
    set_up_peers_of_the_distribution
    set_up_durable_streams
    set_up_peers_of_node
}

set_up_peers_of_the_distribution() {
    local packages=(nginx libnginx-mod-nchan pushpin)
    if installed "${packages[@]}"; then
        say "nginx, nchan and Pushpin: found"
    elif available "${packages[@]}"; then
        install_packages "The benchmark's peers" "${packages[@]}"
    else
        say "nginx, nchan and Pushpin: not all available here; the benchmark goes without"
    fi
}

set_up_durable_streams() {
    local name=durable-streams-$DURABLE_STREAMS_VERSION
    if [[ -d $cache/$name ]]; then
        say "$name: found in the tool cache"
        return
    fi
    say "$name: building"
    make_tool "$name" build_durable_streams || {
        show_log
        say "$name: could not be built; the benchmark goes without"
    }
}

build_durable_streams() {
    run_logged cargo install durable-streams --version "$DURABLE_STREAMS_VERSION" --locked --root "$1"
}

set_up_peers_of_node() {
    local lock=bench/peers/package-lock.json stamp=bench/peers/node_modules/.belfry-stamp
    if cmp --silent "$lock" "$stamp"; then
        say "Express and better-sse: found"
        return
    fi
    say "Express and better-sse: installing"
    log="$cache/logs/npm-ci-peers.log"
    rm -f -- "$log"
    run_logged npm ci --prefix bench/peers --no-audit --no-fund || {
        show_log
        fail "npm ci failed in bench/peers"
    }
    cp "$lock" "$stamp"
    rm -f -- "$log"
}
