//! Transcripts of the whole program, on what real hosts said.
//!
//! Each `*.md` beside this file is a session at a shell: lines after `$ ` are run, what they print
//! is compared, `? 3` is an exit status that is not 0, `[..]` stands for any text. The shell runs
//! in a sandbox (`enter`) where every tool of the cluster is a fake (`tool`) that repeats what the
//! real one printed, on Debian 12 and on Debian 13, when `record` ran the same lines there.
//!
//! `SNAPSHOTS=overwrite cargo test --test it cli::` writes what is printed now into the transcripts.
//!
//! For every transcript this holds as well: a line that ends with 2, 3 or 4 changed no file and
//! called nothing that changes anything; a plan that was carried out called exactly the commands,
//! with exactly the input, that `--output json` and `--output sh` show for it.

mod shown;
mod transcript;

use transcript::Transcript;

/// Runs a transcript on what a release answered, or records those answers.
fn transcript(name: &str, release: &str) {
    let transcript = Transcript::read(name);
    transcript.compare(&match std::env::var("BASCULE_RECORD") {
        Ok(instance) => transcript.record(&instance, release),
        Err(_) => transcript.play(release),
    });
}

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(mod $name {
            tests! { [Sandbox] bookworm trixie; }
            fn bookworm() { super::transcript(stringify!($name), "bookworm"); }
            fn trixie() { super::transcript(stringify!($name), "trixie"); }
        })*

        tests! { mod $($name)*; [] every_transcript_is_run; }

        fn every_transcript_is_run() {
            let mut listed = vec![$(stringify!($name)),*];
            listed.sort_unstable();
            assert_eq!(Transcript::names(), listed);
        }
    };
}

transcripts! {
    addresses
    errors
    fresh
    group
    options
    refused
    session
    shell
    tools
    vip
}
