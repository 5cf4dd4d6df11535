# shellcheck shell=bash
# The tools of a build: cargo-leptos, wasm-bindgen, wasm-opt.

# version_in_path TOOL: what the tool in the PATH says; nothing if there is none.
version_in_path() {
    local text
    command -v "$1" >/dev/null && text=$("$1" --version 2>/dev/null) && version_in "$text"
}

tools_folder=scripts/setup.d/tools # what is built where nothing prebuilt is to be had

# What is missing is built together: half of it is the same.
set_up_tools() {
    local missing=()
    wasm_bindgen_version=$(locked_version wasm-bindgen Cargo.lock)
    [[ $wasm_bindgen_version ]] || fail "no wasm-bindgen in Cargo.lock"
    have_cargo_leptos || missing+=("cargo-leptos-$CARGO_LEPTOS_VERSION")
    have_wasm_bindgen || missing+=("wasm-bindgen-$wasm_bindgen_version")
    ((${#missing[@]} > 0)) || return 0
    say "${missing[*]}: no prebuilt version available; building (about 3 minutes on two processors; the log: $cache/logs/${missing[0]}.log)"
    making_tools=("${missing[@]}")
    make_tool "${missing[0]}" build_tools || {
        show_log
        fail "${missing[*]} could not be built; please install them yourself, then try again"
    }
}

# locked_version CRATE FILE: its version in a lock file.
locked_version() { sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"\$/\1/p;}" "$2"; }

# have_tool NAME VERSION FETCH: whether it is in the cache, or could be downloaded.
have_tool() {
    if [[ -d $cache/$1-$2 ]]; then
        say "$1 $2: found in the tool cache"
        return
    fi
    say "$1 $2: downloading a prebuilt version"
    make_tool "$1-$2" "$3"
}

have_cargo_leptos() {
    local version
    version=$(version_in_path cargo-leptos) || true
    if [[ $version == 0.3.* ]] && at_least "$version" "$CARGO_LEPTOS_OLDEST"; then
        say "cargo-leptos $version: found"
    else
        have_tool cargo-leptos "$CARGO_LEPTOS_VERSION" fetch_cargo_leptos
    fi
}

fetch_cargo_leptos() {
    local version=$CARGO_LEPTOS_VERSION libc
    binstall "$1" cargo-leptos "$version" cargo-leptos && return
    for libc in gnu musl; do
        fetch_release "$1" "$version" cargo-leptos \
            "https://github.com/leptos-rs/cargo-leptos/releases/download/v$version/cargo-leptos-$(uname -m)-unknown-linux-$libc.tar.gz" && return
    done
    return 1
}

have_wasm_bindgen() {
    if [[ $(version_in_path wasm-bindgen) == "$wasm_bindgen_version" &&
        $(version_in_path wasm-bindgen-test-runner) == "$wasm_bindgen_version" ]]; then
        say "wasm-bindgen $wasm_bindgen_version: found"
    else
        have_tool wasm-bindgen "$wasm_bindgen_version" fetch_wasm_bindgen
    fi
}

fetch_wasm_bindgen() {
    local version=$wasm_bindgen_version tools='wasm-bindgen wasm-bindgen-test-runner' libc
    binstall "$1" wasm-bindgen-cli "$version" "$tools" && return
    for libc in musl gnu; do
        fetch_release "$1" "$version" "$tools" \
            "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/$version/wasm-bindgen-$version-$(uname -m)-unknown-linux-$libc.tar.gz" && return
    done
    return 1
}

set_up_wasm_opt() {
    local version
    version=$(version_in_path wasm-opt) || true
    if at_least "$version" "$BINARYEN_OLDEST"; then
        say "wasm-opt $version: found"
    elif [[ -d $cache/binaryen-$BINARYEN_VERSION ]]; then
        say "wasm-opt $BINARYEN_VERSION: found in the tool cache"
    else
        say "wasm-opt $BINARYEN_VERSION: installing the npm package binaryen"
        make_tool "binaryen-$BINARYEN_VERSION" install_binaryen || {
            show_log
            fail "npm could not install binaryen; please install wasm-opt $BINARYEN_OLDEST or newer"
        }
    fi
}

install_binaryen() {
    run_logged npm install --prefix "$1" --no-save --no-audit --no-fund "binaryen@$BINARYEN_VERSION" &&
        mkdir "$1/bin" &&
        ln -s ../node_modules/.bin/wasm-opt "$1/bin/wasm-opt" &&
        runs "$1" "${BINARYEN_VERSION%%.*}" wasm-opt
}

# runs FOLDER VERSION TOOLS: whether the tools in its bin/ start here and are of the version.
# A prebuilt one may want a newer C library than this machine's.
runs() {
    local tool text
    for tool in $3; do
        text=$("$1/bin/$tool" --version 2>>"$log") && [[ $(version_in "$text") == "$2" ]] || return 1
    done
}

# binstall FOLDER CRATE VERSION TOOLS: the prebuilt one by cargo-binstall, where that is there.
binstall() {
    command -v cargo-binstall >/dev/null || return 1
    run_logged timeout 300 cargo-binstall --no-confirm --disable-strategies compile \
        --install-path "$1/bin" "$2@=$3" &&
        runs "$1" "$3" "$4"
}

# fetch_release FOLDER VERSION TOOLS URL: the tools out of an archive of the project's own.
fetch_release() {
    local folder=$1 version=$2 tools=$3 url=$4 tool
    rm -rf -- "${folder:?}"/*
    mkdir "$folder/bin" "$folder/unpacked" &&
        download "$url" "$folder/archive.tar.gz" &&
        tar -xzf "$folder/archive.tar.gz" -C "$folder/unpacked" || return 1
    for tool in $tools; do
        find "$folder/unpacked" -type f -name "$tool" -exec install -m 755 -t "$folder/bin" {} +
    done
    rm -rf -- "$folder/unpacked" "$folder/archive.tar.gz"
    runs "$folder" "$version" "$tools"
}

# build_tools FOLDER: all of making_tools, the first into FOLDER and the others into their own beside
# it. With the versions of the lock file; or, where the registry does not have all of those, with what
# this Rust says that it can build.
build_tools() {
    local folder=$1 tool options=()
    cp -r "$tools_folder" "$folder/source"
    for tool in "${making_tools[@]}"; do
        case $tool in
            cargo-leptos-*) options+=(--bin cargo-leptos) ;;
            wasm-bindgen-*) options+=(--bin wasm-bindgen --bin wasm-bindgen-test-runner) ;;
        esac
    done
    build_crates "$folder" "${options[@]}" --locked --ignore-rust-version || {
        rm -f -- "$folder/source/Cargo.lock"
        CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback build_crates "$folder" "${options[@]}"
    } || return 1
    for tool in "${making_tools[@]:1}"; do
        mkdir "$folder/$tool" && take_tool "$folder" "$folder/$tool" "$tool" &&
            mv --no-target-directory "$folder/$tool" "$cache/$tool" || return 1
    done
    take_tool "$folder" "$folder" "${making_tools[0]}" && rm -rf -- "$folder/target" "$folder/source"
}

build_crates() {
    local folder=$1
    shift
    crates=$(count_crates "$folder/source") || crates=
    run_logged env --unset=RUSTFLAGS --unset=CARGO_ENCODED_RUSTFLAGS --unset=CARGO_BUILD_TARGET \
        cargo build --manifest-path "$folder/source/Cargo.toml" --target-dir "$folder/target" "$@"
}

# count_crates FOLDER: how many are to be compiled, so that what is left can be told.
count_crates() {
    local host
    host=$(rustc -vV | sed -n 's/^host: //p') &&
        cargo tree --manifest-path "$1/Cargo.toml" --target "$host" --edges normal,build \
            --prefix none --format '{p}' 2>>"$log" | sed 's, (\*)$,,' | sort -u | wc -l
}

# take_tool FROM TO NAME: what a tool of that name consists of.
take_tool() {
    local names
    case $3 in
        cargo-leptos-*) names=cargo-leptos ;;
        *) names='wasm-bindgen wasm-bindgen-test-runner' ;;
    esac
    mkdir "$2/bin" || return 1
    # shellcheck disable=SC2086 # several words
    (cd "$1/target/debug" && cp $names "$2/bin/") && runs "$2" "${3##*-}" "$names"
}
