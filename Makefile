# The three things to ask of this tree. tests/run and tests/bench boot real hosts and need root.

.PHONY: build test bench

build:
	cargo build --release

test:
	tests/run

bench:
	tests/bench
