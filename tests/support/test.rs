//! A test, and what it needs of this machine.
//!
//! What is lacking is told with the package that has it, and the test counts as ignored; where `EVERY_TEST`
//! is set, as `tests/run` does, it fails.

use libtest_mimic::{Completion, Failed, Trial};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// A test by its name.
pub struct Test {
    name: &'static str,
    needs: &'static [Need],
    run: fn(),
}

/// What a machine may lack.
#[derive(Clone, Copy)]
pub enum Need {
    /// A root of its own, where the caller is root: `tests/cli/enter`.
    Sandbox,
    Zsh,
    Fish,
    BashCompletion,
    Mandoc,
}

/// Programs that `enter` and the fakes in a sandbox run, and the package of each.
const OF_SANDBOX: [(&str, &str); 11] = [
    ("unshare", "util-linux"),
    ("mount", "mount"),
    ("pivot_root", "util-linux"),
    ("flock", "util-linux"),
    ("setsid", "util-linux"),
    ("hostname", "hostname"),
    ("sha256sum", "coreutils"),
    ("cmp", "diffutils"),
    ("find", "findutils"),
    ("sed", "sed"),
    ("bash", "bash"),
];

/// Returns true where a program is found by PATH, or where root's are.
fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let root = ["/usr/sbin", "/sbin"].map(Into::into);
    let mut folders = std::env::split_paths(&path).chain(root);
    folders.any(|folder| folder.join(program).is_file())
}

fn install(package: &str) -> String {
    format!("please install: sudo apt-get install {package}")
}

/// Why no sandbox can be made, which is found out once.
static NO_SANDBOX: LazyLock<Option<String>> = LazyLock::new(|| {
    let lacking = OF_SANDBOX.iter().find(|(program, _)| !has(program));
    if let Some((_, package)) = lacking {
        return Some(install(package));
    }
    let tried = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "true",
        ])
        .stderr(Stdio::null())
        .status();
    (!tried.is_ok_and(|status| status.success())).then(|| {
        "this machine denies user namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 \
         (or kernel.unprivileged_userns_clone=1), or run it as root"
            .to_owned()
    })
});

impl Need {
    /// Returns what to do where it is lacking.
    fn lacks(self) -> Option<String> {
        let program = |name: &str| (!has(name)).then(|| install(name));
        match self {
            Need::Sandbox => NO_SANDBOX.clone(),
            Need::Zsh => program("zsh"),
            Need::Fish => program("fish"),
            Need::Mandoc => program("mandoc"),
            Need::BashCompletion => {
                let there = Path::new("/usr/share/bash-completion/bash_completion").is_file();
                (!there).then(|| install("bash-completion"))
            }
        }
    }
}

impl Test {
    /// Returns a test; its name has the crate's before it.
    pub fn new(name: &'static str, needs: &'static [Need], run: fn()) -> Test {
        Test { name, needs, run }
    }

    /// Returns it as it is run.
    pub fn trial(self) -> Trial {
        let name = self
            .name
            .split_once("::")
            .map_or(self.name, |(_, name)| name);
        Trial::ignorable_test(name, move || self.outcome())
    }

    fn outcome(&self) -> Result<Completion, Failed> {
        match self.needs.iter().find_map(|need| need.lacks()) {
            None => {
                (self.run)();
                Ok(Completion::Completed)
            }
            Some(why) if std::env::var_os("EVERY_TEST").is_some() => Err(why.into()),
            Some(why) => Ok(Completion::ignored_with(why)),
        }
    }
}

/// Lists the tests of a module, with what they need: `[Sandbox, Zsh] this_test that_test;`, and before them
/// the modules below it that have tests: `mod bash fish;`.
macro_rules! tests {
    (mod $($below:ident)*; $($needs:tt $($name:ident)+;)*) => {
        /// Returns the tests of this module and of those below it.
        pub fn tests() -> Vec<crate::support::test::Test> {
            let here = vec![$($(crate::support::test::Test::new(
                concat!(module_path!(), "::", stringify!($name)),
                tests!(@needs $needs),
                $name,
            )),+),*];
            let below: Vec<Vec<crate::support::test::Test>> = vec![$($below::tests()),*];
            here.into_iter().chain(below.into_iter().flatten()).collect()
        }
    };
    (@needs [$($need:ident),*]) => { &[$(crate::support::test::Need::$need),*] };
    ($($list:tt)*) => { tests! { mod; $($list)* } };
}
