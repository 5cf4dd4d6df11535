# shellcheck shell=bash
# The Rust toolchain's wasm32 half: rustup's, or Debian's compiler with a library made here.

target=wasm32-unknown-unknown
oldest_rustc=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)
debian_rust=(rustc-web cargo-web rust-web-src rust-web-llvm rustfmt-web rust-web-clippy)

set_up_wasm_target() {
    local version=
    version=$(rustc_version rustc) || true
    if rustc_fits "$version"; then
        say "Rust $version with $target: found"
    elif use_cached_toolchain; then
        say "Rust $(rustc_version rustc) with $target: found in the tool cache"
    elif add_target_by_rustup "$version"; then
        say "Rust $version with $target: added with rustup"
    else
        make_debian_toolchain
    fi
}

rustc_version() {
    local text
    text=$("$1" --version 2>/dev/null) && version_in "$text"
}

# rustc_fits VERSION: whether the rustc in the PATH is new enough and has the library.
rustc_fits() {
    local folder
    at_least "$1" "$oldest_rustc" &&
        command -v cargo >/dev/null &&
        folder=$(rustc --print target-libdir --target "$target" 2>/dev/null) &&
        compgen -G "$folder/libcore-*.rlib" >/dev/null &&
        compgen -G "$folder/libstd-*.rlib" >/dev/null
}

add_target_by_rustup() {
    local toolchain
    at_least "$1" "$oldest_rustc" && command -v rustup >/dev/null || return 1
    log="$cache/logs/rustup.log"
    mkdir -p "${log%/*}"
    rm -f -- "$log"
    if target_is_lost; then
        say "Rust $1: rustup lists $target, but its files are gone; restoring them"
        forget_lost_target || true
    else
        say "Rust $1: adding $target with rustup"
    fi
    if run_logged timeout 300 rustup target add "$target" && rustc_fits "$1"; then
        rm -f -- "$log"
        return
    fi
    if target_is_lost; then
        toolchain=$(rustc --print sysroot)
        toolchain=${toolchain##*/}
        fail "the files of $target are gone (the log: $log); please run: rustup toolchain uninstall $toolchain && rustup toolchain install $toolchain"
    fi
    say "  rustup could not (the log: $log)"
    return 1
}

# Whether rustup believes that the target is there: to add it would then do nothing.
target_is_lost() {
    local targets
    targets=$(rustup target list --installed 2>>"$log") &&
        [[ $'\n'$targets$'\n' == *$'\n'"$target"$'\n'* ]]
}

# rustup does not remove what is not there: so that it can, each file that it misses is there again, empty.
forget_lost_target() {
    local sysroot manifest path made=()
    sysroot=$(rustc --print sysroot)
    manifest="$sysroot/lib/rustlib/manifest-rust-std-$target"
    [[ -f $manifest ]] || return 1
    while IFS= read -r path; do
        path="$sysroot/${path#file:}"
        [[ ! -e $path ]] || continue
        mkdir -p "${path%/*}" && : >"$path" || return 1
        made+=("$path")
    done <"$manifest"
    run_logged timeout 300 rustup target remove "$target" || {
        rm -f -- "${made[@]}"
        return 1
    }
}

debian_toolchain() { printf '%s/rust-%s-wasm32' "$cache" "$(rustc_version /usr/bin/rustc)"; }

use_cached_toolchain() {
    local folder
    folder=$(debian_toolchain)
    [[ -d $folder && -e /usr/bin/rust-lld ]] && installed "${debian_rust[@]}" && PATH="$folder/bin:$PATH"
}

make_debian_toolchain() {
    installed "${debian_rust[@]}" || install_debian_rust
    install_debian_linker
    local version
    version=$(rustc_version /usr/bin/rustc) || fail "/usr/bin/rustc does not run"
    at_least "$version" "$oldest_rustc" ||
        fail "Debian's Rust is $version, Belfry needs $oldest_rustc: $(rustup_advice)"
    if ! [[ -d $(debian_toolchain) ]]; then
        say "Rust $version with $target: building its library from Debian's source (about 2 minutes)"
        make_tool "rust-$version-wasm32" build_wasm_library || {
            show_log
            fail "the library for $target could not be built; $(rustup_advice)"
        }
    fi
    PATH="$(debian_toolchain)/bin:$PATH"
    rustc_fits "$version" || fail "$(debian_toolchain) does not work; remove it and try again"
}

rustup_advice() {
    printf 'please install Rust %s or newer with rustup, then run: rustup target add %s' "$oldest_rustc" "$target"
}

install_debian_rust() {
    available "${debian_rust[@]}" || fail "no Rust with $target: $(rustup_advice)"
    install_packages "Rust with $target" "${debian_rust[@]}"
}

# Debian's rust-lld is a link to the linker of another package, which nothing asks for.
install_debian_linker() {
    local linker
    [[ ! -e /usr/bin/rust-lld ]] || return 0
    linker=$(readlink /usr/bin/rust-lld) || fail "rust-web-llvm has no rust-lld; $(rustup_advice)"
    available "${linker##*/}" || fail "Debian's Rust lacks its linker, ${linker##*/}; $(rustup_advice)"
    install_packages "The linker for $target" "${linker##*/}"
}

# build_wasm_library FOLDER: a sysroot of Debian's own files and the library for wasm32.
build_wasm_library() {
    local folder=$1 host library
    host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
    library="$folder/lib/rustlib/$target/lib"
    mkdir -p "$folder/bin" "$library" "$folder/empty/src" &&
        ln -s "/usr/lib/rustlib/$host" /usr/lib/rustlib/src "$folder/lib/rustlib/" &&
        : >"$folder/empty/src/lib.rs" &&
        printf '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n' >"$folder/empty/Cargo.toml" &&
        compile_wasm_library "$folder/empty" &&
        cp "$folder/empty/target/$target/release/deps"/*.rlib "$library/" &&
        rm -f "$library"/libempty-*.rlib &&
        rm -rf "$folder/empty" &&
        write_wrappers "$folder/bin" &&
        "$folder/bin/rustc" --version >>"$log"
}

# Without the bitcode, link-time optimisation fails.
compile_wasm_library() {
    run_logged env --unset=CARGO_ENCODED_RUSTFLAGS --unset=CARGO_BUILD_TARGET --unset=RUSTC_WRAPPER \
        --chdir="$1" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
        /usr/bin/cargo build --release --target "$target" --target-dir "$1/target" \
        -Zbuild-std=std,panic_abort,test
}

# The compiler and its kin look for the library beside themselves, unless told otherwise.
write_wrappers() {
    local bin=$1 tool
    ln -s /usr/bin/cargo /usr/bin/cargo-fmt /usr/bin/rustfmt /usr/bin/rust-lld "$bin/"
    for tool in rustc rustdoc; do
        cat >"$bin/$tool" <<EOF
#!/bin/sh
# Debian's $tool, with the library for wasm32 beside the host's.
case " \$* " in
    *" --sysroot"*) exec /usr/bin/$tool "\$@" ;;
    *) exec /usr/bin/$tool --sysroot "\${0%/bin/*}" "\$@" ;;
esac
EOF
    done
    for tool in cargo-clippy clippy-driver; do
        cat >"$bin/$tool" <<EOF
#!/bin/sh
# Debian's $tool, with the library for wasm32 beside the host's.
export SYSROOT="\${SYSROOT:-\${0%/bin/*}}"
exec /usr/bin/$tool "\$@"
EOF
    done
    chmod 755 "$bin/rustc" "$bin/rustdoc" "$bin/cargo-clippy" "$bin/clippy-driver"
}
