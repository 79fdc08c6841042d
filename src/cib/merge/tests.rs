//! Put-back on recorded CIBs; on random ones in `random`.

mod random;

use super::*;
use crate::cib::tree::canonical;

fn recorded(name: &str) -> Cib {
    let path = format!(
        "{}/tests/data/bookworm/{name}.xml",
        env!("CARGO_MANIFEST_DIR")
    );
    Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A live CIB made from a recorded one by replacing text, five epochs later and with a status.
fn edited(cib: &Cib, edits: &[(&str, &str)]) -> Cib {
    let mut text = cib.text().to_owned();
    for (old, new) in edits {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        text = text.replace(old, new);
    }
    let epoch = cib.version().epoch;
    text = text
        .replace(
            &format!("epoch=\"{epoch}\" num"),
            &format!("epoch=\"{}\" num", epoch + 5),
        )
        .replace("num_updates=\"0\"", "num_updates=\"7\"")
        .replace(
            "<status/>",
            "<status>\n    <node_state id=\"1\"/>\n  </status>",
        );
    Cib::parse(text).unwrap()
}

const NOTHING: Target = Target::Nothing { left: Vec::new() };

fn ours(names: &[&str]) -> Touched {
    names.iter().copied().collect()
}

fn result(target: Result<Target, Conflict>) -> Cib {
    match target.unwrap() {
        Target::Cib { text, .. } => Cib::parse(text).unwrap(),
        Target::Nothing { .. } => panic!("there is something to do"),
    }
}

#[test]
fn every_recorded_step_is_taken_back_byte_for_byte() {
    let steps: [(&str, &str, &[&str]); 9] = [
        ("start", "vip", &["IPFailover"]),
        ("vip", "web", &["serviceWeb"]),
        ("web", "group", &["servweb", "rsc-options"]),
        ("group", "prefer", &["servweb-prefers-serv1"]),
        ("prefer", "ungrouped", &["servweb"]),
        ("prefer", "standby", &["serv2"]),
        ("standby", "maintenance", &["serv1", "serv2"]),
        ("prefer", "moved", &["cli-prefer-servweb"]),
        (
            "start",
            "prefer",
            &[
                "IPFailover",
                "serviceWeb",
                "servweb",
                "rsc-options",
                "servweb-prefers-serv1",
            ],
        ),
    ];
    for (before, after, touched) in steps {
        let (from, to) = (recorded(before), recorded(after));
        let live = edited(&to, &[]);
        let back = result(put_back(&from, &to, &live, &ours(touched)));
        assert_eq!(
            back.configuration_text(),
            from.configuration_text(),
            "{before} {after}"
        );
        assert_eq!(back.version().epoch, live.version().epoch + 1);
        assert_eq!(back.version().num_updates, 0);
        assert!(
            back.text()
                .ends_with("  <status>\n    <node_state id=\"1\"/>\n  </status>\n</cib>\n")
        );
        // Taken back once, there is nothing left to take back.
        assert_eq!(put_back(&from, &to, &back, &ours(touched)), Ok(NOTHING));
        // An operation cut short, of which the end is not known, comes to the same.
        let unfinished = put_back_unfinished(&from, &live, &ours(touched));
        assert_eq!(
            result(unfinished).configuration_text(),
            from.configuration_text()
        );
    }
}

#[test]
fn what_others_added_stays() {
    let live = edited(
        &recorded("group"),
        &[
            (
                "    </resources>",
                "      <primitive id=\"W\" class=\"lsb\" type=\"w\"/>\n    </resources>",
            ),
            (
                "<nvpair name=\"resource-stickiness\"",
                "<nvpair name=\"x\" value=\"1\" id=\"rsc-options-x\"/>\n        \
                 <nvpair name=\"resource-stickiness\"",
            ),
        ],
    );
    let before = recorded("web");
    let back = result(put_back(
        &before,
        &recorded("group"),
        &live,
        &ours(&["servweb", "rsc-options"]),
    ));
    let ids: Vec<_> = back.objects().iter().map(|object| object.id()).collect();
    assert_eq!(
        ids,
        [
            "cib-bootstrap-options",
            "IPFailover",
            "serviceWeb",
            "W",
            "rsc-options"
        ]
    );
    assert_eq!(back.resource_default("x").as_deref(), Some("1"));
    assert_eq!(back.resource_default("resource-stickiness"), None);
}

#[test]
fn what_is_not_ours_is_left_and_told() {
    let before = recorded("web");
    let after = recorded("group");
    let target = put_back(
        &before,
        &after,
        &edited(&after, &[]),
        &ours(&["rsc-options"]),
    )
    .unwrap();
    let Target::Cib { text, left } = target else {
        panic!()
    };
    assert_eq!(
        left,
        [
            "primitive IPFailover",
            "primitive serviceWeb",
            "group servweb"
        ]
    );
    let back = Cib::parse(text).unwrap();
    assert!(back.object("servweb").is_some() && back.object("rsc-options").is_none());
}

#[test]
fn a_change_since_is_a_conflict_that_shows_both() {
    let live = edited(
        &recorded("vip"),
        &[("interval=\"10s\"", "interval=\"30s\"")],
    );
    let conflict = put_back(
        &recorded("start"),
        &recorded("vip"),
        &live,
        &ours(&["IPFailover"]),
    )
    .unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "primitive IPFailover was changed since"
    );
    let [clash] = &conflict.clashes[..] else {
        panic!()
    };
    let after = clash.after.as_deref().unwrap();
    assert!(after.starts_with("<primitive id=\"IPFailover\""));
    assert!(after.ends_with("\n</primitive>"), "{after}");
    assert!(clash.now.as_deref().unwrap().contains("interval=\"30s\""));
}

#[test]
fn what_was_removed_since_is_done_or_a_conflict() {
    // Ours was an addition, and it is gone already.
    let done = put_back(
        &recorded("start"),
        &recorded("vip"),
        &recorded("start"),
        &ours(&["IPFailover"]),
    );
    assert_eq!(done, Ok(NOTHING));
    // Ours was a change, and what was changed is gone.
    let changed = edited(
        &recorded("vip"),
        &[("interval=\"10s\"", "interval=\"30s\"")],
    );
    let conflict = put_back(
        &recorded("vip"),
        &changed,
        &recorded("start"),
        &ours(&["IPFailover"]),
    )
    .unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "primitive IPFailover was removed since"
    );
    assert_eq!(conflict.clashes[0].now, None);
}

#[test]
fn what_depends_on_the_removed_is_named() {
    // Someone preferred a node for our group.
    let conflict = put_back(
        &recorded("web"),
        &recorded("group"),
        &edited(&recorded("prefer"), &[]),
        &ours(&["servweb"]),
    )
    .unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "location servweb-prefers-serv1 needs servweb"
    );
    // Someone took our primitive into a group.
    let conflict = put_back(
        &recorded("start"),
        &recorded("vip"),
        &edited(&recorded("group"), &[]),
        &ours(&["IPFailover"]),
    )
    .unwrap_err();
    assert_eq!(conflict.to_string(), "group servweb now holds IPFailover");
}

#[test]
fn an_id_never_comes_back_twice() {
    // We removed a primitive; someone made a group of that name since.
    let live = edited(
        &recorded("start"),
        &[(
            "<resources/>",
            "<resources><group id=\"IPFailover\"/></resources>",
        )],
    );
    let conflict = put_back(
        &recorded("vip"),
        &recorded("start"),
        &live,
        &ours(&["IPFailover"]),
    )
    .unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "group IPFailover now has the name IPFailover"
    );
}

/// A node of Pacemaker Remote and the primitive that connects to it share their name by design; so
/// may an ACL's target and anything. Recorded with `remote1` and `V` as both.
#[test]
fn ids_are_unique_among_their_kind_only() {
    for release in ["bookworm", "trixie"] {
        let path = format!(
            "{}/tests/data/{release}/remote.xml",
            env!("CARGO_MANIFEST_DIR")
        );
        let now = Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap();
        let without = |cib: &Cib, tag: &str, id: &str| {
            let document = Document::parse(cib.text()).unwrap();
            let element = document
                .descendants()
                .find(|node| node.has_tag_name(tag) && node.attribute("id") == Some(id));
            let mut text = cib.text().to_owned();
            text.replace_range(element.unwrap().range(), "");
            Cib::parse(text).unwrap()
        };
        let no_location = without(&now, "rsc_location", "V-likes-remote1");
        let no_v = without(&no_location, "primitive", "V");
        let no_remote = without(&now, "primitive", "remote1");
        let no_node = without(&no_remote, "node", "remote1");
        assert!(no_node.node("remote1").is_none());
        let same = |back: &Cib, as_before: &Cib| {
            let canonical = |cib: &Cib| {
                canonical(
                    Document::parse(cib.configuration_text())
                        .unwrap()
                        .root_element(),
                )
            };
            assert_eq!(canonical(back), canonical(as_before), "{release}");
        };
        // What was added goes, whatever else has its name and stays.
        same(
            &result(put_back(&no_v, &no_location, &no_location, &ours(&["V"]))),
            &no_v,
        );
        same(
            &result(put_back(&no_remote, &now, &now, &ours(&["remote1"]))),
            &no_remote,
        );
        // What was removed comes back beside it.
        same(
            &result(put_back(&no_location, &no_v, &no_v, &ours(&["V"]))),
            &no_location,
        );
        same(
            &result(put_back(&now, &no_remote, &no_remote, &ours(&["remote1"]))),
            &now,
        );
        let added = without(&now, "node", "remote1");
        // Gone already: the node of its name, which Pacemaker made since, does not hold it.
        assert_eq!(
            put_back(&no_node, &added, &no_remote, &ours(&["remote1"])),
            Ok(NOTHING)
        );
        // The location is on V, and only at remote1.
        assert_eq!(now.constraints_on("V").len(), 1, "{release}");
        assert!(now.constraints_on("remote1").is_empty(), "{release}");
        // What is needed is looked for among its own kind: the ACL's target V is no resource.
        let conflict = put_back(&no_v, &no_location, &now, &ours(&["V"])).unwrap_err();
        assert_eq!(conflict.to_string(), "location V-likes-remote1 needs V");
    }
}

/// No running cluster lets an id in twice; one that was upgraded without a schema may have it.
#[test]
fn what_is_there_twice_already_is_no_clash() {
    let twins = "<primitive id=\"W\" class=\"lsb\" type=\"w\"/>";
    let with = |name: &str| {
        edited(
            &recorded(name),
            &[(
                "    </resources>",
                &format!("{twins}{twins}    </resources>"),
            )],
        )
    };
    let (before, after) = (with("vip"), with("web"));
    let back = result(put_back(&before, &after, &after, &ours(&["serviceWeb"])));
    assert_eq!(back.text().matches(twins).count(), 2);
    assert!(back.object("serviceWeb").is_none());
}

#[test]
fn attribute_order_and_blanks_do_not_count() {
    let live = edited(
        &recorded("vip"),
        &[(
            "<primitive id=\"IPFailover\" class=\"ocf\"",
            "<primitive   class=\"ocf\"\n id=\"IPFailover\"",
        )],
    );
    let back = result(put_back(
        &recorded("start"),
        &recorded("vip"),
        &live,
        &ours(&["IPFailover"]),
    ));
    assert_eq!(
        back.configuration_text(),
        recorded("start").configuration_text()
    );
}

#[test]
fn an_upgraded_schema_is_a_conflict() {
    let live = edited(&recorded("vip"), &[("pacemaker-3.9", "pacemaker-4.0")]);
    let conflict = put_back(
        &recorded("start"),
        &recorded("vip"),
        &live,
        &ours(&["IPFailover"]),
    )
    .unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "the CIB now follows pacemaker-4.0, it followed pacemaker-3.9"
    );
}

#[test]
fn after_an_operation_cut_short_new_things_of_others_are_not_ours() {
    // Someone preferred a node for the group that the operation made.
    let conflict = put_back_unfinished(
        &recorded("web"),
        &edited(&recorded("prefer"), &[]),
        &ours(&["servweb", "rsc-options"]),
    )
    .unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "location servweb-prefers-serv1 needs servweb"
    );
    // Someone took into a group what the operation made.
    let conflict = put_back_unfinished(
        &recorded("start"),
        &edited(&recorded("group"), &[]),
        &ours(&["IPFailover"]),
    )
    .unwrap_err();
    assert_eq!(conflict.to_string(), "group servweb now holds IPFailover");
    // The operation never came to change anything.
    let live = edited(&recorded("group"), &[]);
    let nothing = put_back_unfinished(&recorded("group"), &live, &ours(&["servweb"]));
    assert_eq!(nothing, Ok(NOTHING));
}

#[test]
fn what_pacemaker_sets_by_itself_stays_and_is_not_told() {
    let before = recorded("start");
    let after = edited(
        &before,
        &[(
            "      </cluster_property_set>",
            "        <nvpair id=\"x\" name=\"last-lrm-refresh\" value=\"1\"/>\n        \
             <nvpair id=\"y\" name=\"cluster-recheck-interval\" value=\"5min\"/>\n      \
             </cluster_property_set>",
        )],
    );
    let target = put_back(&before, &after, &after, &ours(&["cib-bootstrap-options"])).unwrap();
    let Target::Cib { text, left } = target else {
        panic!()
    };
    assert_eq!(left, Vec::<String>::new());
    let back = Cib::parse(text).unwrap();
    assert_eq!(back.property("last-lrm-refresh").as_deref(), Some("1"));
    assert_eq!(back.property("cluster-recheck-interval"), None);
}

#[test]
fn a_comment_in_an_element_is_part_of_it_and_one_beside_it_stays() {
    let note = "<!-- ours since 2019 -->";
    let vip = recorded("vip");
    let with_note = |at: &str| edited(&vip, &[(at, &format!("{note}\n      {at}"))]);
    let inside = with_note("  <instance_attributes id=\"IPFailover-instance_attributes\">");
    let conflict = put_back(&recorded("start"), &vip, &inside, &ours(&["IPFailover"])).unwrap_err();
    assert_eq!(
        conflict.to_string(),
        "primitive IPFailover was changed since"
    );
    assert!(matches!(
        inside.object("IPFailover"),
        Some(crate::cib::Object::Opaque(_))
    ));

    let changed = edited(&vip, &[("interval=\"10s\"", "interval=\"30s\"")]);
    let beside = edited(
        &changed,
        &[("<primitive ", &format!("{note}\n      <primitive "))],
    );
    let back = result(put_back(&vip, &changed, &beside, &ours(&["IPFailover"])));
    assert!(back.text().contains(note));
    assert_eq!(back.object("IPFailover"), vip.object("IPFailover"));
}

/// crmsh 4.4 writes a set's trailing comment anew at its head with a `#`, 5.0 leaves it.
#[test]
fn a_property_is_taken_back_beside_comments_and_rules() {
    let rule = "<rule id=\"r\" score=\"0\" boolean-op=\"and\"><date_expression id=\"e\" operation=\"gt\" start=\"2020-01-01\"/></rule>";
    let end = "      </cluster_property_set>";
    let ours_now = "        <nvpair id=\"y\" name=\"batch-limit\" value=\"7\"/>\n";
    let note = "<!-- ours, do not touch -->";
    let with = |more: &str| edited(&recorded("start"), &[(end, &format!("{more}{end}"))]);
    for (before, after) in [
        (note.to_owned(), format!("{note}{ours_now}")),
        (note.to_owned(), format!("{ours_now}{note}")),
        (note.to_owned(), ours_now.to_owned()),
        (
            note.to_owned(),
            format!("<!--# ours, do not touch-->{ours_now}"),
        ),
        (rule.to_owned(), format!("{rule}{ours_now}")),
        (format!("{rule}{note}"), format!("{rule}{ours_now}")),
    ] {
        let (before, after) = (with(&before), with(&after));
        let back = result(put_back(&before, &after, &after, &ours(&["batch-limit"])));
        let canonical = |cib: &Cib| {
            canonical(
                Document::parse(cib.configuration_text())
                    .unwrap()
                    .root_element(),
            )
        };
        assert_eq!(canonical(&back), canonical(&before));
        assert_eq!(
            back.text().matches("<!--").count(),
            before.text().matches("<!--").count()
        );
    }
}

#[test]
fn what_nothing_takes_back_is_told() {
    // The element that the pair stands in changed as well: what is not ours stays, and is named.
    let (before, after) = (recorded("web"), recorded("group"));
    let left = put_back(&before, &after, &after, &ours(&["elsewhere"]));
    let Ok(Target::Nothing { left }) = left else {
        panic!("nothing of it is ours");
    };
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_comment_before_what_comes_back_is_not_doubled() {
    let note = "<!-- the address -->";
    let element = "<primitive id=\"IPFailover\"";
    let before = edited(
        &recorded("web"),
        &[(element, &format!("{note}\n      {element}"))],
    );
    let from = before.text().find(element).unwrap();
    let to = from + before.text()[from..].find("</primitive>").unwrap() + "</primitive>".len();
    let mut text = before.text().to_owned();
    text.replace_range(from..to, "");
    let after = Cib::parse(text).unwrap();
    assert_eq!(after.text().matches(note).count(), 1);
    let more = edited(&after, &[]);
    let back = result(put_back(&before, &after, &more, &ours(&["IPFailover"])));
    assert_eq!(back.text().matches(note).count(), 1);
    let (note, element) = (back.text().find(note), back.text().find(element));
    assert!(note < element && note.is_some());
}

#[test]
fn an_empty_set_is_filled_and_emptied() {
    let empty = |id: &str| {
        edited(
            &recorded("start"),
            &[(
                "</configuration>",
                &format!(
                    "  <rsc_defaults>\n      <meta_attributes id=\"{id}\"/>\n    </rsc_defaults>\n  \
                 </configuration>"
                ),
            )],
        )
    };
    for id in ["d", "a/b>c"] {
        let empty = empty(id);
        let full = edited(
            &empty,
            &[(
                &format!("<meta_attributes id=\"{id}\"/>"),
                &format!(
                    "<meta_attributes id=\"{id}\">\n        <nvpair id=\"n\" name=\"x\" \
                     value=\"1\"/>\n      </meta_attributes>"
                ),
            )],
        );
        let touched = ours(&["n"]);
        for (before, after) in [(&empty, &full), (&full, &empty)] {
            let back = result(put_back(before, after, after, &touched));
            assert_eq!(back.configuration_text(), before.configuration_text());
        }
    }
}
