//! Reading option files, and the texts the other tests begin with.

use proptest::prelude::*;

use super::*;

/// Lines of an option file, right and wrong, in any order.
pub fn any_text() -> impl Strategy<Value = String> {
    let regex = |regex: &str| proptest::string::string_regex(regex).unwrap();
    let line = prop_oneof![
        3 => regex("[ \t]{0,2}\\[(mysqld|server|client|mariadb-10\\.11| mysqld)\\]?[ #x]{0,2}"),
        6 => regex("[ \t]{0,2}(server[-_]id|bind-address|log_bin|x|a b)[ \t]{0,2}(=[ \t]{0,2}['\"]?[a-z0-9#;\\\\ ]{0,6}['\"]?)?([ \t]{0,2}# why)?"),
        2 => regex("[ \t]{0,2}[#;][^\n]{0,10}"),
        1 => regex("! ?include(dir)? ?(/etc/x)?"),
        1 => regex("[^\n]{0,8}"),
    ];
    let lines = prop::collection::vec(
        (line, prop_oneof![4 => Just("\n"), 1 => Just("\r\n")]),
        0..20,
    );
    (lines, any::<bool>()).prop_map(|(lines, finish)| {
        let mut text: String = lines
            .into_iter()
            .flat_map(|(line, end)| [line, end.to_owned()])
            .collect();
        if !finish {
            text.pop();
        }
        text
    })
}

/// What the lines of a file say, one a line.
fn said(text: &str) -> Vec<String> {
    let file = OptionFile::parse(text);
    let entries = file.entries().into_iter();
    entries
        .map(|OptionLine { line, what }| match what {
            Said::Option { group, name, value } => match value {
                Some(value) => format!("{line} [{group}] {name} = {value}"),
                None => format!("{line} [{group}] {name}"),
            },
            Said::Include(path) => format!("{line} include {path}"),
            Said::IncludeDir(path) => format!("{line} includedir {path}"),
            Said::Broken(broken) => format!("{line} {broken:?}"),
        })
        .collect()
}

#[test]
fn each_line_is_read_as_mariadb_reads_it() {
    let text = "# a comment\n\n[mysqld]\nserver-id = 3 # why\n  bind_address=127.0.0.1,::1\t\n;off = 1\n\
                read_only\n[ mysqld ]x = 1\ny='a # b' # c\nz = b = c\n= 4\n[mysqld ] rest\nw=\n";
    assert_eq!(
        said(text),
        [
            "4 [mysqld] server-id = 3",
            "5 [mysqld] bind_address = 127.0.0.1,::1",
            "7 [mysqld] read_only",
            "9 [ mysqld] y = a # b",
            "10 [ mysqld] z = b = c",
            "11 [ mysqld]  = 4",
            "13 [mysqld] w = ",
        ]
    );
}

#[test]
fn the_rest_of_a_broken_file_is_not_read() {
    assert_eq!(
        said("[mysqld]\na=1\n[mysqld\nb=2\n"),
        ["2 [mysqld] a = 1", "3 Group"]
    );
    assert_eq!(said("a=1\n[mysqld]\nb=2\n"), ["1 NoGroup"]);
    assert_eq!(said("\u{feff}[mysqld]\nb=2\n"), ["1 NoGroup"]);
    assert_eq!(said("[mysqld]\n!include \nb=2\n"), ["2 Include"]);
}

#[test]
fn includes_are_found() {
    assert_eq!(
        said(
            "!includedir /etc/mysql/conf.d/\n! include  /etc/x.cnf \n!includedirs /x\n!INCLUDE /x\n!includex\n"
        ),
        ["1 includedir /etc/mysql/conf.d/", "2 include /etc/x.cnf"]
    );
    // Without a line break after it, MariaDB drops the last letter.
    assert_eq!(said("!include /etc/x.cnf"), ["1 include /etc/x.cn"]);
    assert_eq!(said("!include /etc/x.cnf "), ["1 include /etc/x.cnf"]);
    assert_eq!(said("!include /"), ["1 Include"]);
}

#[test]
fn commented_options_are_found() {
    let file = OptionFile::parse("#bind-adress = 1\n; x=2\n# see http://a?b=c\n## y = 3\na=1\n#\n");
    assert_eq!(
        file.commented().collect::<Vec<_>>(),
        [(1, "bind-adress"), (2, "x"), (4, "y")]
    );
}

proptest! {
    #[test]
    fn a_file_is_written_as_it_was_read(text in any_text()) {
        prop_assert_eq!(OptionFile::parse(&text).to_text(), text);
    }

    #[test]
    fn any_text_is_written_as_it_was_read(text in any::<String>()) {
        let file = OptionFile::parse(&text);
        file.entries();
        prop_assert_eq!(file.to_text(), text);
    }
}
