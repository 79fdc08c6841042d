# What to ask of this tree.
#
#   make build             target/release/bascule
#   sudo make install      it, its man pages and completions under PREFIX (/usr/local)
#   sudo make uninstall    and away again
#   make deb               a Debian package of them, in target/debian
#   make man               the pages of section 1 anew, from the grammar and the texts of explain, and what
#                          bascule-json(7) says of documents, from the comments of their types
#   make test              the whole suite: boots real hosts, needs root
#   make bench             the numbers, likewise
#
# DESTDIR puts a folder before PREFIX; BINARY names another program than the one of `make build`.

.PHONY: build install uninstall deb man test bench

PREFIX = /usr/local
DESTDIR =
BINARY = target/release/bascule

share = $(DESTDIR)$(PREFIX)/share
# zsh looks for what distributions bring in one place, and for the administrator's own in another.
zsh = $(share)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

pages1 = $(wildcard man/*.1)
pages7 = $(wildcard man/*.7)
pages7_fr = $(wildcard man/fr/*.7)

build:
	cargo build --release

install:
	@test -x $(BINARY) || { echo "there is no $(BINARY): make build, as yourself"; exit 1; }
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/bascule
	install -D -m 644 -t $(share)/man/man1 $(pages1)
	install -D -m 644 -t $(share)/man/man7 $(pages7)
	install -D -m 644 -t $(share)/man/fr/man7 $(pages7_fr)
	install -D -m 644 completions/bascule.bash $(share)/bash-completion/completions/bascule
	install -D -m 644 completions/_bascule $(zsh)/_bascule
	install -D -m 644 completions/bascule.fish $(share)/fish/vendor_completions.d/bascule.fish

# What was done on the cluster stays, and so does its journal in /var/lib/bascule.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/bascule
	rm -f $(addprefix $(share)/man/man1/,$(notdir $(pages1)))
	rm -f $(addprefix $(share)/man/man7/,$(notdir $(pages7)))
	rm -f $(addprefix $(share)/man/fr/man7/,$(notdir $(pages7_fr)))
	rm -f $(share)/bash-completion/completions/bascule $(zsh)/_bascule
	rm -f $(share)/fish/vendor_completions.d/bascule.fish

# With BINARY the program is taken as it is.
deb:
	$(if $(filter command line,$(origin BINARY)),,cargo build --release)
	packaging/deb $(BINARY) target/debian

man:
	SNAPSHOTS=overwrite cargo test --quiet --test it man::the_pages

test:
	tests/run

bench:
	tests/bench
