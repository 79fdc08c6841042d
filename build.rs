//! How the program is linked.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if var("PROFILE").is_ok_and(|profile| profile == "release") {
        // Addresses that are filled in at the start take a byte or two each, not 24: known to the C library
        // since 2.36, Debian 12's.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        // lld, Rust's own linker there since 1.90, has functions of the same code once, and the end of a text
        // that is the end of another one too.
        let is = |name: &str, value: &str| var(name).is_ok_and(|said| said == value);
        if is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_ENV", "gnu") {
            println!("cargo::rustc-link-arg-bins=-Wl,--icf=all,-O2");
        }
    }
}
