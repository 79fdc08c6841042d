//! Where a transcript runs: a sandbox, or a real host where the answers are recorded.

use super::answers::Files;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A shell on a host.
pub struct Host {
    shell: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    place: Place,
    /// A tool was told to fail.
    pub faulty: bool,
    /// A tool was told to change something behind bascule's back.
    pub meddled: bool,
}

enum Place {
    /// The sandbox's root.
    Sandbox(PathBuf),
    /// The name of an instance of tests/hosts.
    Real(String),
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// What it got as standard input.
    pub stdin: String,
}

/// How long a line may take.
const LINE: Duration = Duration::from_secs(60);

/// The tools' stand-ins, and what transcripts use besides them.
const FAKES: [&str; 4] = ["tool", "tools", "fault", "as-user"];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Makes a sandbox where tools answer as they were recorded; returns its root and the way in.
pub fn sandbox(name: &str, answers: &Files) -> (PathBuf, Command) {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("cli")
        .join(name);
    let _ = std::fs::remove_dir_all(&root);
    let fake = root.join("opt/fake");
    std::fs::create_dir_all(&fake).unwrap();
    for file in FAKES {
        std::fs::copy(tests().join("cli").join(file), fake.join(file)).unwrap();
    }
    for tool in answers["tools"].lines() {
        symlink("tool", fake.join(tool)).unwrap();
    }
    for (path, content) in answers {
        put(&root.join("opt/answers").join(path), content);
        if let Some(path) = path.strip_prefix("start/") {
            put(&root.join(path), content);
        }
    }
    put(&root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    put(&root.join("etc/group"), "root:x:0:\n");
    std::fs::create_dir_all(root.join("var/lib")).unwrap();
    let mut enter = Command::new(tests().join("cli/enter"));
    enter.arg(&root).arg(env!("CARGO_BIN_EXE_bascule"));
    (root, enter)
}

/// Puts a program into a sandbox.
pub fn program(root: &Path, name: &str, text: &str) {
    let path = root.join("opt/fake").join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// Gives a tool's reading another answer from now on in a sandbox, as a real one gave it.
pub fn answers(root: &Path, call: &str, recorded: &Path) {
    let folders = std::fs::read_dir(root.join("opt/answers/0")).unwrap();
    let known = folders.map(|folder| folder.unwrap().path()).find(|folder| {
        let said = std::fs::read_to_string(folder.join("call")).unwrap();
        said.starts_with(call)
    });
    let folder = known.unwrap_or_else(|| {
        let tool = call.split(' ').next().unwrap();
        let folder = root.join(format!("opt/answers/0/{tool}-recorded"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("call"), format!("{call}\n")).unwrap();
        folder
    });
    let files = std::fs::read_dir(&folder).unwrap();
    let said = files.map(|file| file.unwrap().path());
    let number = said.filter(|path| path.extension().is_some_and(|end| end == "out"));
    let next = format!("{}.out", number.count() + 1);
    std::fs::copy(recorded, folder.join(next)).unwrap();
}

impl Host {
    /// Opens a shell in a sandbox.
    pub fn sandbox(name: &str, answers: &Files) -> Host {
        let (root, enter) = sandbox(name, answers);
        Host::start(enter, Place::Sandbox(root))
    }

    /// Opens a shell on serv1 of an instance of tests/hosts, where the tools are the real ones.
    pub fn real(instance: &str) -> Host {
        let exec = |words: &[&str]| {
            let mut command = Command::new(tests().join("hosts/hosts"));
            command
                .arg("exec")
                .arg(instance)
                .arg("serv1")
                .arg("--")
                .args(words);
            command
        };
        let run = |words: &[&str]| assert!(exec(words).status().unwrap().success(), "{words:?}");
        run(&[
            "sh",
            "-c",
            "rm -rf /opt/fake /opt/answers /run/fake /var/lib/bascule; mkdir -p /opt/fake /opt/answers/start /run/fake",
        ]);
        for file in FAKES {
            let status = Command::new(tests().join("hosts/hosts"))
                .arg("put")
                .arg(instance)
                .arg("serv1")
                .arg(tests().join("cli").join(file))
                .arg("/opt/fake/")
                .status();
            assert!(status.unwrap().success(), "{file}");
        }
        run(&["sh", "-c", START_RECORDING]);
        let shell = exec(&[
            "env",
            "PATH=/opt/fake:/usr/sbin:/usr/bin:/sbin:/bin",
            "TZ=UTC",
            "TERM=dumb",
            "setsid",
            "sh",
        ]);
        Host::start(shell, Place::Real(instance.to_owned()))
    }

    fn start(mut command: Command, place: Place) -> Host {
        let mut shell = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Every line's own goes to its standard output; one that hangs must not hold ours.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = shell.stdout.take().unwrap();
        let (send, lines) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while matches!(output.read_until(b'\n', &mut line), Ok(1..)) {
                let text = String::from_utf8_lossy(&line).into_owned();
                if send.send(text).is_err() {
                    return;
                }
                line.clear();
            }
        });
        let input = shell.stdin.take();
        Host {
            shell,
            input,
            lines,
            place,
            faulty: false,
            meddled: false,
        }
    }

    /// Runs one line; returns what it printed on both outputs, and its exit status.
    pub fn run(&mut self, line: &str) -> (String, i32) {
        if let Some(fault) = line.strip_prefix("fault ") {
            self.faulty = !fault.ends_with(" none") && !fault.ends_with(" on");
            self.meddled = fault.contains(" after ");
        }
        let text = format!("{{ {line}\n}} </dev/null 2>&1; printf '\\n@end %s\\n' $?\n");
        let input = self.input.as_mut().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
        let mut printed = String::new();
        loop {
            let next = self.lines.recv_timeout(LINE);
            let next = next.unwrap_or_else(|_| panic!("no end of: {line}\n{printed}"));
            if let Some(status) = next.strip_prefix("@end ") {
                printed.pop();
                return (printed, status.trim().parse().unwrap());
            }
            printed.push_str(&next);
        }
    }

    /// Returns everything below /etc and /var with its mode, but for the lock.
    pub fn files(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut files = BTreeMap::new();
        if let Place::Sandbox(root) = &self.place {
            for folder in ["etc", "var"] {
                walk(&root.join(folder), &mut files);
            }
            files.remove(&root.join("var/lib/bascule/lock"));
            files.remove(&root.join("var/lib/bascule"));
        }
        files
    }

    /// Returns the calls so far of tools that changed something; none on a real host.
    pub fn changes(&self) -> Vec<Call> {
        let Place::Sandbox(root) = &self.place else {
            return Vec::new();
        };
        let run = root.join("run/fake");
        let log = std::fs::read_to_string(run.join("log")).unwrap_or_default();
        log.lines()
            .enumerate()
            .filter_map(|(number, line)| {
                let mut words = line
                    .split('\u{1f}')
                    .map(|word| word.replace('\u{1e}', "\n"));
                (words.next()? == "changes").then(|| Call {
                    argv: words.collect(),
                    stdin: std::fs::read_to_string(run.join(format!("stdin.{number}"))).unwrap(),
                })
            })
            .collect()
    }

    /// Returns true where what was run can be looked at.
    pub fn is_sandbox(&self) -> bool {
        matches!(self.place, Place::Sandbox(_))
    }

    /// Returns what the tools answered.
    pub fn recorded(&self) -> Files {
        let Place::Real(instance) = &self.place else {
            panic!("nothing is recorded in a sandbox");
        };
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new(tests().join("hosts/hosts"))
            .args(["get", instance, "serv1", "/opt/answers"])
            .arg(folder.path().join("answers"))
            .status();
        assert!(status.unwrap().success());
        let mut files = BTreeMap::new();
        walk(&folder.path().join("answers"), &mut files);
        let text = |(path, (mode, bytes)): (PathBuf, (u32, Vec<u8>))| {
            let path = path.strip_prefix(folder.path().join("answers")).ok()?;
            (mode & 0o170_000 == 0o100_000).then(|| {
                (
                    path.to_str().unwrap().to_owned(),
                    String::from_utf8(bytes).unwrap(),
                )
            })
        };
        files.into_iter().filter_map(text).collect()
    }
}

/// On a real host: fakes for what is installed there, and what lies there at first.
const START_RECORDING: &str = "
    while read -r tool; do
        ! command -v $tool >/dev/null || { ln -s tool /opt/fake/$tool; echo $tool; }
    done </opt/fake/tools >/opt/answers/tools
    ln -s \"$(command -v sha256sum)\" /opt/fake/checksum
    touch /run/fake/recording
    for file in /etc/hosts /etc/hostname /etc/corosync/corosync.conf /var/lib/pacemaker/cib/cib.xml; do
        [ ! -e $file ] || { mkdir -p /opt/answers/start/${file%/*}; cat $file >/opt/answers/start/$file; }
    done
    key=/etc/corosync/authkey
    [ ! -e $key ] || head -c \"$(wc -c <$key)\" /dev/zero | tr '\\0' k >/opt/answers/start/$key
";

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

fn put(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
    let key = path.ends_with("corosync/authkey");
    let mode = if key { 0o400 } else { 0o644 };
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn walk(folder: &Path, files: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let data = path.symlink_metadata().unwrap();
        let bytes = if data.is_file() {
            std::fs::read(&path).unwrap()
        } else if data.is_symlink() {
            let target = std::fs::read_link(&path).unwrap();
            target.into_os_string().into_encoded_bytes()
        } else {
            Vec::new()
        };
        files.insert(path.clone(), (data.mode(), bytes));
        if data.is_dir() {
            walk(&path, files);
        }
    }
}
