//! Live names while they are typed: wrong ones are red before Enter, a thousand are narrowed.

use crate::support::crowd::crowded;
use crate::support::screen::Screen;
use crate::support::{answers, host};
use std::path::{Path, PathBuf};
use vt100::Color;

tests! {
    [Sandbox]
        a_name_that_nothing_has_is_red_before_enter
        a_thousand_names_are_narrowed_to_one_screen;
}

const ROWS: u16 = 24;
const COLUMNS: u16 = 120;
const PROMPT: &str = "cluster_web 2/2 serv1 › ";

/// bascule in a sandbox, on a terminal whose colours can be looked at.
struct Shell {
    screen: Screen,
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

impl Shell {
    /// Opens it on a cluster with this configuration, once the prompt knows it.
    fn on(name: &str, cib: &str) -> Shell {
        let mut recorded = answers::read(&repository("tests/cli/recorded/bookworm/shell.txt"));
        let call = "cibadmin --query\n";
        let query = recorded
            .iter()
            .find(|(path, said)| path.starts_with("0/") && said.as_str() == call)
            .map(|(path, _)| path.replace("call", "1.out"))
            .unwrap();
        recorded.insert(query, cib.to_owned());
        let (_, enter) = host::sandbox(&format!("names-{name}"), &recorded);
        let mut screen = Screen::open(enter, (ROWS, COLUMNS));
        screen.until("the sandbox", |screen| screen.contents().contains("# "));
        screen.types(&format!(
            "stty rows {ROWS} cols {COLUMNS}; printf '\\033[H\\033[2J'; TERM=xterm bascule\r"
        ));
        let shell = Shell { screen };
        shell.sees(PROMPT);
        shell
    }

    fn types(&mut self, text: &str) {
        self.screen.types(text);
    }

    fn sees(&self, text: &str) -> String {
        self.screen
            .until(text, |screen| screen.contents().contains(text))
    }

    /// Waits until a word of the line that is being typed is red, or is not.
    fn shows(&self, word: &str, red: bool) {
        let what = format!("{word}, {}", if red { "red" } else { "not red" });
        self.screen.until(&what, |screen| {
            let rows: Vec<String> = screen.rows(0, COLUMNS).collect();
            let Some(row) = rows.iter().rposition(|row| row.starts_with(PROMPT)) else {
                return false;
            };
            let Some(at) = rows[row].find(word) else {
                return false;
            };
            let column = rows[row][..at].chars().count();
            let mut cells = (column..column + word.chars().count())
                .map(|column| screen.cell(row as u16, column as u16).unwrap());
            cells.all(|cell| (cell.fgcolor() == Color::Idx(1)) == red)
        });
    }

    /// Waits for a list below this line, and for the line again below the list, which is returned.
    fn lists(&self, line: &str) -> Vec<String> {
        let row = format!("{PROMPT}{line}");
        let list = |screen: &str| -> Option<Vec<String>> {
            let rows: Vec<&str> = screen.lines().collect();
            // Behind it a grey hint may stand.
            let (last, above) = rows.split_last()?;
            let begin = above.iter().rposition(|above| above.starts_with(&row))?;
            let words = |row: &&str| row.split_whitespace().collect::<Vec<_>>().join(" ");
            let list = above[begin + 1..].iter().map(words).collect();
            last.starts_with(&row).then_some(list)
        };
        let wanted = |screen: &vt100::Screen| list(&screen.contents()).is_some();
        list(&self.screen.until(line, wanted)).unwrap()
    }

    /// Empties the line and the screen.
    fn clears(&mut self) {
        self.types("\x15\x0c");
        self.screen.until("an empty line", |screen| {
            screen.contents().trim() == PROMPT.trim()
        });
    }
}

/// The configuration of a real host, with two nodes, two addresses and a group.
fn recorded() -> String {
    let path = "tests/completion/recorded/root/var/lib/pacemaker/cib/cib.xml";
    std::fs::read_to_string(repository(path)).unwrap()
}

fn a_name_that_nothing_has_is_red_before_enter() {
    let mut shell = Shell::on("wrong", &recorded());
    shell.types("web move srevweb ");
    shell.sees("✗ did you mean servweb? no resource or group is called srevweb");
    shell.shows("srevweb", true);
    shell.shows("move", false);
    shell.types("?");
    shell.sees("  ✗ no resource or group is called srevweb");
    shell.sees("    did you mean servweb?");
    shell.clears();
    shell.types("vip remove IPFailovre ");
    shell.shows("IPFailovre", true);
    shell.clears();
    shell.types("web prefer servweb serv9 ");
    shell.shows("serv9", true);
    shell.shows("servweb", false);
    shell.clears();
    shell.types("undo 99 ");
    shell.sees("✗ there is no operation 99 in this host's journal");
    shell.shows("99", true);
    shell.clears();
    shell.types("cluster set no-such-prop=1 ");
    shell.shows("no-such-prop=1", true);
    shell.clears();
    shell.types("explain foo ");
    shell.shows("foo", true);
    shell.clears();
    // What is half typed is not wrong until nothing begins like it.
    shell.types("node standby ser");
    shell.shows("ser", false);
    shell.types("x");
    shell.shows("serx", true);
    shell.types("\x7fv2");
    shell.shows("serv2", false);
    shell.clears();
    // Nobody is asked for a node to move nothing to: the line is there to be mended.
    shell.types("web move srevweb\r");
    let told = "no resource or group is called srevweb; did you mean servweb?";
    shell.screen.until("the line again", |screen| {
        let text = screen.contents();
        let (_, after) = text.split_once(told).unwrap_or_default();
        after.contains("› web move srevweb")
    });
    shell.shows("srevweb", true);
    shell.clears();
    // Nothing can be known to be wrong behind what makes it.
    shell.types("web add apache2 --name new then web prefer new serv1 ");
    shell.shows("prefer new", false);
}

fn a_thousand_names_are_narrowed_to_one_screen() {
    let mut shell = Shell::on("many", &crowded(&recorded()));
    for verb in ["web prefer", "web remove"] {
        shell.types(&format!("{verb} \t"));
        let list = shell.lists(&format!("{verb} "));
        assert!(list.len() <= usize::from(ROWS) - 3, "{list:?}");
        assert_eq!(list[0], "billing-0 100 of them, billing-000 to billing-099");
        let mail = "mail-0 30 of them, mail-000 to mail-029".to_owned();
        assert!(list.contains(&mail), "{list:?}");
        // Typing on narrows it.
        shell.types("b\t");
        let list = shell.lists(&format!("{verb} billing-"));
        assert!(list.len() <= usize::from(ROWS) - 3, "{list:?}");
        let last = "billing-2 50 of them, billing-200 to billing-249";
        assert_eq!(list.last().unwrap(), last);
        shell.types("24\t");
        let list = shell.lists(&format!("{verb} billing-24"));
        assert_eq!(list.len(), 10, "{list:?}");
        assert_eq!(list[9], "billing-249 systemd:apache2, stopped");
        // And the only name that begins so is typed whole.
        shell.types("7\t");
        shell.sees(&format!("{verb} billing-247 "));
        shell.clears();
    }
    // What fits on two screens is shown as it is, one after the other.
    shell.types("web prefer mail\t");
    let page = shell.sees("--More--");
    assert!(
        page.contains("mail-021") && !page.contains("mail-029"),
        "{page}"
    );
    shell.types(" ");
    shell.sees("mail-029  systemd:apache2, stopped");
    shell.clears();
}
