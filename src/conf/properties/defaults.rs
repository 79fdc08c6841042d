//! The table of defaults of resources (`rsc_defaults`): what a resource takes where it says nothing
//! itself.
//!
//! From the meta-attributes in Pacemaker's schema and manual, 2.1.5 and 3.0.0 alike.

use super::Kind::{Bool, Choice, Duration, Score};
use super::Property;
use super::Value::Is;
use super::table::of;

/// Every default of resources that a cluster may set.
pub static RESOURCE_DEFAULTS: &[Property] = &[
    of(
        "allow-migrate",
        Bool,
        "false",
        "whether a resource that can is moved alive",
        &[],
    ),
    of(
        "failure-timeout",
        Duration { negative: false },
        "0s",
        "after which time a failure is forgotten (0: never)",
        &[],
    ),
    of(
        "is-managed",
        Bool,
        "true",
        "whether resources are started, stopped and mended",
        &[(
            Is("false"),
            "nothing is started, stopped or mended any more: maintenance-mode says so in the status",
        )],
    ),
    of(
        "migration-threshold",
        Score { positive: true },
        "INFINITY",
        "after how many failures a resource leaves the node",
        &[],
    ),
    of(
        "multiple-active",
        Choice(&["stop_start", "stop_only", "block", "stop_unexpected"]),
        "stop_start",
        "what is done with a resource that runs twice",
        &[(
            Is("block"),
            "a resource that runs on two nodes stays on both until somebody looks",
        )],
    ),
    of(
        "priority",
        Score { positive: false },
        "0",
        "which resources are kept where not all can run",
        &[],
    ),
    of(
        "requires",
        Choice(&["nothing", "quorum", "fencing", "unfencing"]),
        "fencing",
        "what must be so before a resource starts (quorum where fencing is off)",
        &[(
            Is("nothing"),
            "resources start without quorum: after a split they run on both sides",
        )],
    ),
    of(
        "resource-stickiness",
        Score { positive: false },
        "0",
        "how much a resource prefers to stay where it runs; a group adds up its members",
        &[],
    ),
    of(
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
