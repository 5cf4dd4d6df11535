# shellcheck shell=bash
# The tools of a build: cargo-leptos, wasm-bindgen, wasm-opt.

# version_in_path TOOL: what the tool in the PATH says; nothing if there is none.
version_in_path() {
    local text
    command -v "$1" >/dev/null && text=$("$1" --version 2>/dev/null) && version_in "$text"
}

# set_up_tool NAME VERSION MINUTES FETCH BUILD: from the cache, or prebuilt, or built here.
set_up_tool() {
    local name=$1 version=$2 minutes=$3 fetch=$4 build=$5
    if [[ -d $cache/$name-$version ]]; then
        say "$name $version: found in the tool cache"
        return
    fi
    say "$name $version: downloading the prebuilt one"
    if make_tool "$name-$version" "$fetch"; then
        return
    fi
    say "$name $version: no prebuilt one to be had, building (about $minutes minutes; tail -f $log)"
    make_tool "$name-$version" "$build" || {
        show_log
        fail "$name $version could not be built; please install it yourself, then try again"
    }
}

set_up_cargo_leptos() {
    local version
    version=$(version_in_path cargo-leptos) || true
    if [[ $version == 0.3.* ]] && at_least "$version" "$CARGO_LEPTOS_OLDEST"; then
        say "cargo-leptos $version: found"
    else
        set_up_tool cargo-leptos "$CARGO_LEPTOS_VERSION" 8 fetch_cargo_leptos build_cargo_leptos
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

# A debug build, because the tool's own release profile takes half an hour; but not of
# brotli, which is where its time goes.
build_cargo_leptos() {
    build_tool "$1" cargo-leptos "$CARGO_LEPTOS_VERSION" cargo-leptos \
        --features no_downloads --config 'profile.dev.package.brotli.opt-level=3'
}

set_up_wasm_bindgen() {
    wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
    [[ $wasm_bindgen_version ]] || fail "no wasm-bindgen in Cargo.lock"
    if [[ $(version_in_path wasm-bindgen) == "$wasm_bindgen_version" &&
        $(version_in_path wasm-bindgen-test-runner) == "$wasm_bindgen_version" ]]; then
        say "wasm-bindgen $wasm_bindgen_version: found"
    else
        set_up_tool wasm-bindgen "$wasm_bindgen_version" 2 fetch_wasm_bindgen build_wasm_bindgen
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

build_wasm_bindgen() {
    build_tool "$1" wasm-bindgen-cli "$wasm_bindgen_version" 'wasm-bindgen wasm-bindgen-test-runner'
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

# build_tool FOLDER CRATE VERSION TOOLS OPTION…: from the registry, with the versions of the
# author's lock file (they build with an older Rust than they ask for); or, where the
# registry does not have all of those, with what this Rust says that it can build.
build_tool() {
    local folder=$1 crate=$2 version=$3 tools=$4
    shift 4
    install_crate "$folder" "$crate@$version" --locked --ignore-rust-version "$@" ||
        CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback \
            install_crate "$folder" "$crate@$version" "$@" || return 1
    rm -rf -- "$folder/target"
    runs "$folder" "$version" "$tools"
}

install_crate() {
    local folder=$1
    shift
    run_logged env --unset=RUSTFLAGS --unset=CARGO_ENCODED_RUSTFLAGS --unset=CARGO_BUILD_TARGET \
        cargo install --debug --config profile.dev.debug=false --no-track \
        --root "$folder" --target-dir "$folder/target" "$@"
}
