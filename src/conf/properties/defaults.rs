//! The table of defaults of resources (`rsc_defaults`): what a resource takes where it says nothing
//! itself.
//!
//! From the meta-attributes in Pacemaker's schema and manual, 2.1.5 and 3.0.0 alike.

use super::Property;
use super::Value::Is;
use super::ValueKind::{Bool, Choice, Duration, Score};
use super::table::property;

/// Every default of resources that a cluster may set.
pub static RESOURCE_DEFAULTS: &[Property] = &[
    property(
        "allow-migrate",
        Bool,
        "false",
        "whether a resource that can is moved alive",
        &[],
    ),
    property(
        "failure-timeout",
        Duration { negative: false },
        "0s",
        "after which time a failure is forgotten (0: never)",
        &[],
    ),
    property(
        "is-managed",
        Bool,
        "true",
        "whether resources are started, stopped and mended",
        &[(
            Is("false"),
            "nothing is started, stopped or mended any more: maintenance-mode says so in the status",
        )],
    ),
    property(
        "migration-threshold",
        Score { positive: true },
        "INFINITY",
        "after how many failures a resource leaves the node",
        &[],
    ),
    property(
        "multiple-active",
        Choice(&["stop_start", "stop_only", "block", "stop_unexpected"]),
        "stop_start",
        "what is done with a resource that runs twice",
        &[(
            Is("block"),
            "a resource that runs on two nodes stays on both until somebody looks",
        )],
    ),
    property(
        "priority",
        Score { positive: false },
        "0",
        "which resources are kept where not all can run",
        &[],
    ),
    property(
        "requires",
        Choice(&["nothing", "quorum", "fencing", "unfencing"]),
        "fencing",
        "what must be so before a resource starts (quorum where fencing is off)",
        &[(
            Is("nothing"),
            "resources start without quorum: after a split they run on both sides",
        )],
    ),
    property(
        "resource-stickiness",
        Score { positive: false },
        "0",
        "how much a resource prefers to stay where it runs; a group adds up its members",
        &[],
    ),
    property(
        "target-role",
        Choice(&["started", "stopped", "promoted", "unpromoted"]),
        "started",
        "what resources should do",
        &[(
            Is("stopped"),
            "every resource without a role of its own stops",
        )],
    ),
];
