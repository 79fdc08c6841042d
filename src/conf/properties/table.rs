//! The table of cluster properties.
//!
//! From the metadata of pacemaker-schedulerd, -controld and -based 2.1.5 and of `crm_attribute
//! --list-options=cluster --all` 3.0.0, once; kept by hand since. The bounds of integers are those
//! with a documented meaning.

use super::Releases::{All, Before, From};
use super::Value::{Is, IsNot};
use super::ValueKind::{ByPacemaker, Choice, Duration, Integer, Percentage, Score, Text};
use super::{Property, Release, Value, ValueKind};

type Dangers = &'static [(Value, &'static str)];

const TIME: ValueKind = Duration { negative: false };
const COUNT: ValueKind = Integer(0, i32::MAX as i64);
const COUNT_OR_ALL: ValueKind = Integer(-1, i32::MAX as i64);
const SCORE: ValueKind = Score { positive: false };

const INTERNAL: &str =
    "a value that has to be changed usually hides another fault: look at the logs first";

/// Every cluster property, by name.
pub static PROPERTIES: &[Property] = &[
    property(
        "batch-limit",
        COUNT,
        "0",
        "how many actions run at once in the cluster (0: as the load allows)",
        &[],
    ),
    property(
        "cluster-delay",
        TIME,
        "60s",
        "how long an action may take beyond its own timeout on another node",
        &[],
    ),
    property(
        "cluster-infrastructure",
        ByPacemaker,
        "",
        "what carries the messages, corosync",
        &[],
    ),
    property(
        "cluster-ipc-limit",
        Integer(1, u32::MAX as i64),
        "500",
        "how many messages wait before a daemon is cut off",
        &[],
    ),
    property(
        "cluster-name",
        Text,
        "",
        "the name of the cluster, taken from corosync.conf at the first start",
        &[],
    ),
    property(
        "cluster-recheck-interval",
        TIME,
        "15min",
        "how often the cluster looks for rules that depend on time (0: never)",
        &[(
            Is("0s"),
            "rules that depend on time take effect only when something else happens",
        )],
    ),
    property(
        "concurrent-fencing",
        ValueKind::Bool,
        "true",
        "whether several nodes are fenced at once",
        &[],
    ),
    property(
        "dc-deadtime",
        TIME,
        "20s",
        "how long a starting node waits for others before it elects itself",
        &[],
    ),
    property(
        "dc-version",
        ByPacemaker,
        "",
        "the release of pacemaker on the elected node",
        &[],
    ),
    property(
        "election-timeout",
        TIME,
        "2min",
        "how long an election may take",
        &[(IsNot("2min"), INTERNAL)],
    ),
    property(
        "enable-acl",
        ValueKind::Bool,
        "false",
        "whether users other than root need a permission in the CIB",
        &[],
    ),
    property(
        "enable-startup-probes",
        ValueKind::Bool,
        "true",
        "whether a starting node is asked what runs on it already",
        &[(
            Is("false"),
            "a service that runs already on a starting node is not seen and may be started a second time elsewhere",
        )],
    ),
    property(
        "fence-reaction",
        Choice(&["stop", "panic"]),
        "stop",
        "what a node does that hears of its own fencing",
        &[],
    ),
    property(
        "have-watchdog",
        ByPacemaker,
        "false",
        "whether a watchdog is in use",
        &[],
    ),
    property(
        "join-finalization-timeout",
        TIME,
        "30min",
        "how long the end of a node's joining may take",
        &[(IsNot("30min"), INTERNAL)],
    ),
    property(
        "join-integration-timeout",
        TIME,
        "3min",
        "how long a node's joining may take",
        &[(IsNot("3min"), INTERNAL)],
    ),
    property(
        "load-threshold",
        Percentage,
        "80%",
        "the load of a node from which on recovery is slowed down",
        &[],
    ),
    property(
        "maintenance-mode",
        ValueKind::Bool,
        "false",
        "whether all resources are left alone",
        &[(
            Is("true"),
            "nothing is monitored, started or stopped any more, and no service fails over",
        )],
    ),
    property(
        "migration-limit",
        COUNT_OR_ALL,
        "-1",
        "how many live migrations run at once on a node (-1: no limit)",
        &[],
    ),
    property(
        "no-quorum-policy",
        Choice(&["stop", "freeze", "ignore", "demote", "fence", "suicide"]),
        "stop",
        "what nodes do that have lost the majority",
        &[
            (
                Is("ignore"),
                "after a split each side runs all services, the address on both; for two nodes `two_node: 1` in corosync.conf is what is wanted",
            ),
            (
                Is("freeze"),
                "nodes that lost the majority go on with what they run, which only fencing makes safe",
            ),
            (Is("fence"), "without fencing this is the same as stop"),
            (
                Is("suicide"),
                "deprecated for fence, and without fencing the same as stop",
            ),
        ],
    ),
    property(
        "node-action-limit",
        COUNT,
        "0",
        "how many actions run at once on a node (0: twice the processors)",
        &[],
    ),
    property(
        "node-health-base",
        SCORE,
        "0",
        "the score every node's health begins with (strategy progressive)",
        &[],
    ),
    property(
        "node-health-green",
        SCORE,
        "0",
        "the score of the health value green (strategies custom and progressive)",
        &[],
    ),
    property(
        "node-health-red",
        SCORE,
        "-INFINITY",
        "the score of the health value red (strategies custom and progressive)",
        &[],
    ),
    property(
        "node-health-strategy",
        Choice(&[
            "none",
            "migrate-on-red",
            "only-green",
            "progressive",
            "custom",
        ]),
        "none",
        "what the #health attributes of a node lead to",
        &[],
    ),
    property(
        "node-health-yellow",
        SCORE,
        "0",
        "the score of the health value yellow (strategies custom and progressive)",
        &[],
    ),
    Property {
        releases: From(Release(2, 1, 7)),
        ..property(
            "node-pending-timeout",
            TIME,
            "0",
            "how long a node may take to join before it is fenced (0: for ever)",
            &[],
        )
    },
    property(
        "pe-error-series-max",
        COUNT_OR_ALL,
        "-1",
        "how many scheduler inputs with errors are kept (-1: all)",
        &[],
    ),
    property(
        "pe-input-series-max",
        COUNT_OR_ALL,
        "4000",
        "how many scheduler inputs are kept (-1: all)",
        &[],
    ),
    property(
        "pe-warn-series-max",
        COUNT_OR_ALL,
        "5000",
        "how many scheduler inputs with warnings are kept (-1: all)",
        &[],
    ),
    property(
        "placement-strategy",
        Choice(&["default", "utilization", "minimal", "balanced"]),
        "default",
        "how resources are spread over the nodes",
        &[],
    ),
    property(
        "priority-fencing-delay",
        TIME,
        "0",
        "how much later the node with the more important resources is fenced",
        &[],
    ),
    Property {
        releases: Before(Release(3, 0, 0)),
        ..property(
            "remove-after-stop",
            ValueKind::Bool,
            "false",
            "whether a stopped resource is forgotten",
            &[(
                Is("true"),
                "deprecated and poorly tested: pacemaker itself calls it dangerous",
            )],
        )
    },
    property(
        "shutdown-escalation",
        TIME,
        "20min",
        "how long a node may take to stop",
        &[(IsNot("20min"), INTERNAL)],
    ),
    property(
        "shutdown-lock",
        ValueKind::Bool,
        "false",
        "whether resources wait for a node that was stopped in good order",
        &[(
            Is("true"),
            "services do not move when a node is stopped in good order: they are down until it is back",
        )],
    ),
    property(
        "shutdown-lock-limit",
        TIME,
        "0",
        "how long they wait for it (0: for ever)",
        &[],
    ),
    property(
        "start-failure-is-fatal",
        ValueKind::Bool,
        "true",
        "whether one failed start bans a resource from the node",
        &[(
            Is("false"),
            "a resource that cannot start is tried again up to its migration-threshold, without one for ever",
        )],
    ),
    property(
        "startup-fencing",
        ValueKind::Bool,
        "true",
        "whether nodes that were never seen are fenced at the start",
        &[(
            Is("false"),
            "services may be started here while a node that was not seen yet runs them: data can be lost",
        )],
    ),
    property(
        "stonith-action",
        Choice(&["reboot", "off", "poweroff"]),
        "reboot",
        "what is done to a node that is fenced",
        &[(
            Is("poweroff"),
            "deprecated, and pacemaker 3.0 rejects a CIB that has it: write off",
        )],
    ),
    property(
        "stonith-enabled",
        ValueKind::Bool,
        "true",
        "whether a node that does not answer is cut off before its services move",
        &[(
            Is("false"),
            "a node that does not answer is taken for dead: after a split both may hold the address and write the data",
        )],
    ),
    property(
        "stonith-max-attempts",
        Score { positive: true },
        "10",
        "how often fencing may fail before it is not tried again at once",
        &[],
    ),
    property(
        "stonith-timeout",
        TIME,
        "60s",
        "how long a fencing action may take",
        &[],
    ),
    property(
        "stonith-watchdog-timeout",
        Duration { negative: true },
        "0",
        "after how long a lost node has fenced itself by its watchdog (0: never, -1: twice the watchdog's time)",
        &[(
            IsNot("0s"),
            "a lost node is taken for fenced after that time: only with SBD and a hardware watchdog on every node",
        )],
    ),
    property(
        "stop-all-resources",
        ValueKind::Bool,
        "false",
        "whether everything is stopped",
        &[(
            Is("true"),
            "all services stop on all nodes at once, and stay stopped",
        )],
    ),
    property(
        "stop-orphan-actions",
        ValueKind::Bool,
        "true",
        "whether monitors that were removed from the CIB end",
        &[(
            Is("false"),
            "monitors that were removed go on, and may fail and restart what they watched",
        )],
    ),
    property(
        "stop-orphan-resources",
        ValueKind::Bool,
        "true",
        "whether resources that were removed from the CIB stop",
        &[(
            Is("false"),
            "what is removed keeps running: a removed address stays where it is for ever",
        )],
    ),
    property(
        "symmetric-cluster",
        ValueKind::Bool,
        "true",
        "whether resources may run on every node",
        &[(
            Is("false"),
            "no resource runs anywhere without a location that allows it: what runs now without one stops",
        )],
    ),
    property(
        "transition-delay",
        TIME,
        "0s",
        "how long every recovery is put off",
        &[(IsNot("0s"), "every failover takes that much longer")],
    ),
];

/// Properties of Pacemaker 1 with what took their place.
pub(super) const GONE: &[(&str, &str)] = &[
    (
        "default-resource-stickiness",
        "write `bascule cluster set resource-stickiness=VALUE`",
    ),
    (
        "is-managed-default",
        "write `bascule cluster set is-managed=VALUE`",
    ),
    (
        "default-action-timeout",
        "write `crm configure op_defaults timeout=VALUE`",
    ),
    (
        "default-migration-threshold",
        "write `bascule cluster set migration-threshold=VALUE`",
    ),
    (
        "expected-quorum-votes",
        "corosync counts the votes of its nodelist",
    ),
];

/// Returns a property that every release knows.
pub(super) const fn property(
    name: &'static str,
    kind: ValueKind,
    default: &'static str,
    meaning: &'static str,
    dangers: Dangers,
) -> Property {
    Property {
        name,
        kind,
        default,
        meaning,
        dangers,
        releases: All,
    }
}
