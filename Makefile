# What to ask of this tree. tests/run and tests/bench boot real hosts and need root.

.PHONY: build test bench man

build:
	cargo build --release

test:
	tests/run

bench:
	tests/bench

# The pages of section 1, from the grammar and the texts of explain.
man:
	SNAPSHOTS=overwrite cargo test --quiet --test man
