//! bash, with bash-completion loaded and without.

use super::terminal::Terminal;

tests! {
    [Sandbox]
        without_bash_completion
        with_the_cluster_down_names_come_from_the_disk
        a_cluster_that_hangs_holds_nobody_up
        a_thousand_resources_are_narrowed;
    [Sandbox, BashCompletion] with_bash_completion;
}

const PLAIN: &str = "PS1='here> '\nsource ~/completions/bascule.bash\n";

/// bash-completion finds the file by the command's name when it is first completed.
const LOADED: &str = "PS1='here> '\nsource /usr/share/bash-completion/bash_completion\n\
    mkdir -p ~/.local/share/bash-completion/completions\n\
    ln -sf ~/completions/bascule.bash ~/.local/share/bash-completion/completions/bascule\n";

const SHELL: &str = "bash --noprofile --rcfile ~/rc -i";

fn bash(name: &str, rc: &str) -> Terminal {
    Terminal::new(&format!("bash-{name}"), &[("rc", rc)], SHELL)
}

/// What holds with bash-completion and without it.
#[expect(
    clippy::too_many_lines,
    reason = "a table of what is typed and what stands there then"
)]
fn completes_everything(terminal: &mut Terminal) {
    terminal.completes("bascule vi", "bascule vip ");
    terminal.completes("bascule hel", "bascule help ");
    terminal.completes("bascule help vip rem", "bascule help vip remove ");
    terminal.completes("bascule vip add --lab", "bascule vip add --label ");
    terminal.completes(
        "bascule web list then vip re",
        "bascule web list then vip remove ",
    );

    // Names, and what they are where they are listed.
    terminal.types("bascule vip remove \t\t");
    terminal.sees("IPFailover  172.16.0.12/24, started on serv1");
    let screen = terminal.sees("second      172.16.0.13/24, started on serv1");
    assert!(!screen.contains("serviceWeb"), "{screen}");
    terminal.clears();
    terminal.completes("bascule vip remove se", "bascule vip remove second ");
    terminal.completes("bascule web remove servw", "bascule web remove servweb ");
    terminal.completes("bascule node online ", "bascule node online serv2 ");
    terminal.completes("bascule node standby ", "bascule node standby serv1 ");
    terminal.types("bascule web prefer servweb \t\t\t");
    terminal.sees("serv1  online, servweb and second run here");
    terminal.sees("serv2  standby, runs nothing");
    terminal.clears();

    // bash cuts words at = and at :.
    terminal.completes(
        "bascule cluster set maintenance-m",
        "bascule cluster set maintenance-mode=",
    );
    terminal.completes(
        "bascule cluster set maintenance-mode=t",
        "bascule cluster set maintenance-mode=true ",
    );
    terminal.types("bascule cluster set no-quorum-policy=\t\t");
    terminal.sees("stop     the default");
    terminal.sees("ignore");
    terminal.clears();
    terminal.completes("bascule --output=j", "bascule --output=json ");
    terminal.completes(
        "bascule web add apache2 --agent lsb:serv",
        "bascule web add apache2 --agent lsb:serv",
    );

    // Operations that can be taken back: when, and what.
    terminal.types("bascule undo \t\t");
    let screen = terminal.sees("node standby serv2");
    assert!(
        !screen.contains("batch-limit"),
        "it was taken back: {screen}"
    );
    let when = screen
        .lines()
        .find(|line| line.contains("node standby"))
        .unwrap();
    assert!(when.starts_with("6  20"), "{when}");
    terminal.clears();

    // Interfaces, addresses, databases, other hosts.
    terminal.completes(
        "bascule vip add 172.16.0.14/24 --nic ",
        "bascule vip add 172.16.0.14/24 --nic host0 ",
    );
    terminal.types("bascule vip add \t\t\t");
    let screen = terminal.sees("172.16.0.1/24");
    assert!(screen.contains("on host0, not seen in use"), "{screen}");
    for taken in [
        "172.16.0.10/24",
        "172.16.0.11/24",
        "172.16.0.12/24",
        "172.16.0.13/24",
    ] {
        assert!(!screen.contains(taken), "{screen}");
    }
    terminal.clears();
    terminal.completes(
        "bascule db primary --database ",
        "bascule db primary --database site1 ",
    );
    terminal.types("bascule cluster join \t\t");
    terminal.sees("serv2   node in corosync.conf, 172.16.0.11");
    let screen = terminal.sees("client  in /etc/hosts, 172.16.0.50");
    assert!(!screen.contains("serv1 "), "{screen}");
    terminal.clears();
    terminal.completes("bascule cluster join s", "bascule cluster join serv2 ");
    // A third vote is on a third host.
    terminal.completes("bascule quorum add ", "bascule quorum add client ");
    terminal.completes(
        "bascule cluster init --name web --node serv1=",
        "bascule cluster init --name web --node serv1=172.16.0.10 ",
    );

    // Files are bash's own.
    terminal.completes(
        "bascule cluster join --bundle /etc/coros",
        "bascule cluster join --bundle /etc/corosync/",
    );
    terminal.completes(
        "bascule cluster join --bundle=/etc/coros",
        "bascule cluster join --bundle=/etc/corosync/",
    );

    // In the middle of a line what is right of the cursor stays.
    terminal.types("bascule vip re NAME\x01\x1bf\x1bf\x1bf\t");
    terminal.line_is("bascule vip remove NAME");
    terminal.clears();

    // Behind sudo, and behind another command.
    terminal.completes(
        "sudo bascule vip remove se",
        "sudo bascule vip remove second ",
    );
    terminal.completes(
        "true && bascule node online ",
        "true && bascule node online serv2 ",
    );

    // Where nothing can stand, nothing is said.
    terminal.completes("bascule nope ", "bascule nope ");
    terminal.completes("bascule vip list more ", "bascule vip list more ");
    terminal.completes("bascule vip remove 'se", "bascule vip remove 'second' ");
}

fn without_bash_completion() {
    let rc = format!("{PLAIN}source <(bascule init bash)\n");
    completes_everything(&mut bash("plain", &rc));
}

fn with_bash_completion() {
    completes_everything(&mut bash("loaded", LOADED));
}

fn with_the_cluster_down_names_come_from_the_disk() {
    let mut terminal = bash("down", PLAIN);
    std::fs::remove_file(terminal.root.join("opt/fake/crm_mon")).unwrap();
    terminal.types("bascule vip remove \t\t");
    terminal.sees("IPFailover  172.16.0.12/24  ");
    terminal.clears();
    terminal.completes("bascule node online ", "bascule node online serv2 ");
    // Without the configuration, from corosync.conf.
    std::fs::remove_file(terminal.root.join("var/lib/pacemaker/cib/cib.xml")).unwrap();
    terminal.types("bascule web prefer servweb \t\t\t");
    terminal.sees("serv2  172.16.0.11");
    terminal.clears();
    assert!(terminal.root.join("root/asked").exists());
}

fn a_cluster_that_hangs_holds_nobody_up() {
    let mut terminal = bash("hangs", PLAIN);
    let hang = "#!/bin/sh\nexec sleep 1000\n";
    std::fs::write(terminal.root.join("opt/fake/crm_mon"), hang).unwrap();
    let began = std::time::Instant::now();
    terminal.types("bascule vip remove \t\t");
    terminal.sees("IPFailover  172.16.0.12/24  ");
    let took = began.elapsed();
    assert!(took.as_secs() < 5, "{took:?}");
    terminal.clears();
}

fn a_thousand_resources_are_narrowed() {
    let mut terminal = bash("many", PLAIN);
    terminal.crowd();
    for verb in ["web prefer", "web remove"] {
        terminal.types(&format!("bascule {verb} \t\t"));
        let screen = terminal.sees("20 of them, wiki-200 to wiki-219");
        assert!(
            screen.contains("100 of them, billing-000 to billing-099"),
            "{screen}"
        );
        assert!(
            !screen.contains("possibilities") && !screen.contains("--More--"),
            "{screen}"
        );
        let listed = screen.lines().filter(|row| !row.contains("bascule"));
        assert!(listed.count() <= 20, "{screen}");
        // Typing on narrows it.
        terminal.types("b\t");
        terminal.line_is(&format!("bascule {verb} billing-"));
        terminal.types("24\t\t");
        let screen = terminal.sees("billing-243");
        assert!(screen.contains("billing-240"), "{screen}");
        terminal.types("7\t");
        terminal.line_is(&format!("bascule {verb} billing-247 "));
        terminal.clears();
    }
}
