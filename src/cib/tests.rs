//! What is read from the CIBs of both releases (`tests/data/RELEASE/*.xml`).

use super::*;

const KINDS: [&str; 2] = [
    include_str!("../../tests/data/bookworm/kinds.xml"),
    include_str!("../../tests/data/trixie/kinds.xml"),
];

fn bookworm(name: &str) -> Cib {
    let path = format!(
        "{}/tests/data/bookworm/{name}.xml",
        env!("CARGO_MANIFEST_DIR")
    );
    Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_kind_is_read_alike_from_both_releases() {
    let [old, new] = KINDS.map(|text| Cib::parse(text).unwrap());
    assert_eq!(old.objects(), new.objects());
    assert!(
        old.objects()
            .iter()
            .all(|object| !matches!(object, Object::Opaque(_)))
    );
    let statements: Vec<_> = old.objects().iter().map(Object::to_crm).collect();
    assert_eq!(
        statements,
        [
            "property cib-bootstrap-options: \\\n  stonith-enabled=false",
            "property custom: \\\n  maintenance-mode=false",
            "primitive odd ocf:heartbeat:Dummy \\\n  \
             params state=\"/a b\\\"c$d#e=f&g<h\\\\i\" fake=\"it's\" \\\n  \
             meta target-role=Stopped \\\n  \
             op monitor interval=10s timeout=20s on-fail=restart \\\n  \
             op monitor interval=20s timeout=20s role=Stopped",
            "primitive plain ocf:heartbeat:Dummy \\\n  params fake=\"\" state=\"  a  \"",
            "clone everywhere-clone everywhere \\\n  meta interleave=true",
            "primitive everywhere lsb:apache2",
            "clone pairs pair",
            "group pair a b",
            "primitive a ocf:heartbeat:Dummy",
            "primitive b ocf:heartbeat:Dummy",
            "location here odd 500: serv1",
            "location here-started odd role=Started INFINITY: serv1",
            "location never plain -INFINITY: serv2",
            "colocation together INFINITY: odd everywhere-clone",
            "colocation apart -100: plain odd",
            "order first Mandatory: everywhere-clone odd",
            "order loose Optional: odd plain symmetrical=false",
            "order alone Serialize: odd plain",
            "rsc_defaults rsc-options: \\\n  resource-stickiness=100 \\\n  migration-threshold=3",
        ]
    );
    for object in old.objects() {
        assert_eq!(object.check(), Ok(()));
    }
}

#[test]
fn what_has_no_field_is_opaque_and_not_lost() {
    let cib = bookworm("opaque");
    let opaque: Vec<_> = cib
        .objects()
        .iter()
        .filter(|object| matches!(object, Object::Opaque(_)))
        .map(|object| format!("{} {}", object.kind(), object.id()))
        .collect();
    assert_eq!(
        opaque,
        [
            "template T",
            "primitive from-template",
            "primitive described",
            "primitive checked",
            "primitive sized",
            "location by-rule",
            "colocation set",
            "order acted",
            "tag some",
            "op_defaults op-options",
        ]
    );
    let refusal = cib
        .object("sized")
        .unwrap()
        .check()
        .unwrap_err()
        .to_string();
    assert_eq!(
        refusal,
        "the primitive sized is written in a way that cannot be put in crm's words without loss"
    );
    assert_eq!(cib.constraints_on("a-other").len(), 1);
}

#[test]
fn what_is_opaque_is_still_known_by_its_kind() {
    for release in ["bookworm", "trixie"] {
        let root = env!("CARGO_MANIFEST_DIR");
        let read = |name: &str| {
            std::fs::read_to_string(format!("{root}/tests/data/{release}/{name}.xml")).unwrap()
        };
        let cib = Cib::parse(read("opaque")).unwrap();
        for name in ["from-template", "described", "checked", "sized"] {
            let object = cib.object(name).unwrap();
            assert!(matches!(object, Object::Opaque(_)), "{name}");
            let primitive = object.primitive().unwrap();
            assert_eq!(primitive.agent.to_string(), "ocf:heartbeat:Dummy", "{name}");
        }
        let from_template = cib.object("from-template").unwrap().primitive().unwrap();
        assert_eq!(from_template.param("fake"), Some("1"));
        assert_eq!(from_template.operations[0].interval, "30s");

        // An address is one whatever else its element holds, and so is a group.
        let text = read("group");
        let (group, address) = (
            "<group id=\"servweb\">",
            "class=\"ocf\" provider=\"heartbeat\"",
        );
        let utilization =
            "<utilization id=\"u\"><nvpair id=\"u-c\" name=\"cpu\" value=\"1\"/></utilization>";
        for (old, new) in [
            ("<operations>", format!("{utilization}<operations>")),
            ("<operations>", "<!-- ours --><operations>".to_owned()),
            (address, format!("description=\"the site\" {address}")),
            (
                group,
                "<group id=\"servweb\" description=\"the site\">".to_owned(),
            ),
            (group, format!("{group}<!-- ours -->")),
        ] {
            assert!(text.contains(old), "{release}: {old}");
            let cib = Cib::parse(text.replacen(old, &new, 1)).unwrap();
            let address = cib.object("IPFailover").unwrap().primitive().unwrap();
            assert_eq!(address.virtual_address(), Some("172.16.0.12"), "{new}");
            let group = cib.object("servweb").unwrap().group().unwrap();
            assert_eq!(group.members, ["IPFailover", "serviceWeb"], "{new}");
            assert_eq!(group.meta.len(), 1, "{new}");
            assert_eq!(cib.parent_of("IPFailover"), Some("servweb"));
            // It is never written anew.
            let opaque = ["IPFailover", "servweb"].map(|id| cib.object(id).unwrap().check());
            assert!(opaque.iter().any(Result::is_err), "{new}");
        }
    }
}

#[test]
fn what_is_compared_is_what_is_known() {
    let text = bookworm("vip").text().to_owned();
    let asked = bookworm("vip").object("IPFailover").unwrap().clone();
    let with = |ip: &str| {
        let text = text.replace("172.16.0.12", ip).replacen(
            "<operations>",
            "<!-- ours --><operations>",
            1,
        );
        Cib::parse(text)
            .unwrap()
            .object("IPFailover")
            .unwrap()
            .clone()
    };
    assert!(with("172.16.0.12").difference(&asked).is_empty());
    assert_eq!(
        with("172.16.0.13").difference(&asked),
        ["ip is 172.16.0.13, not 172.16.0.12"]
    );
}

#[test]
fn properties_are_read_beside_a_comment_and_not_where_a_rule_decides() {
    let text = bookworm("start").text().to_owned();
    let end = "</cluster_property_set>";
    let with = |more: &str| Cib::parse(text.replacen(end, &format!("{more}{end}"), 1)).unwrap();
    let commented = with("<!-- ours -->");
    assert_eq!(
        commented.property("stonith-enabled").as_deref(),
        Some("false")
    );
    let ruled = with("<rule id=\"r\" score=\"0\" boolean-op=\"and\"/>");
    assert_eq!(ruled.property("stonith-enabled"), None);
    let set = "cib-bootstrap-options";
    assert_eq!(ruled.pair_of(set, "stonith-enabled"), Some("false"));
    assert!(ruled.has_rule(set) && !commented.has_rule(set));
}

/// As `crm_is_true` of Pacemaker takes them.
#[test]
fn a_switch_has_many_spellings() {
    let text = bookworm("start").text().to_owned();
    let found = r#"name="stonith-enabled" value="false""#;
    assert!(text.contains(found));
    for (value, on) in [
        ("true", Some(true)),
        ("YES", Some(true)),
        ("1", Some(true)),
        ("false", Some(false)),
        ("Off", Some(false)),
        ("n", Some(false)),
        ("perhaps", None),
    ] {
        let written = format!(r#"name="stonith-enabled" value="{value}""#);
        let cib = Cib::parse(text.replace(found, &written)).unwrap();
        assert_eq!(cib.is_on("stonith-enabled"), on, "{value}");
        let off = cib.fencing() == super::Fencing::Off;
        assert_eq!(off, on == Some(false), "{value}");
    }
    assert_eq!(bookworm("start").is_on("maintenance-mode"), None);
}

#[test]
fn the_head_and_the_nodes() {
    let cib = bookworm("kinds");
    assert_eq!(cib.version().to_string(), "0.5.0");
    assert_eq!(cib.schema(), "pacemaker-3.9");
    assert!(!cib.have_quorum());
    assert_eq!(cib.property("stonith-enabled").as_deref(), Some("false"));
    assert_eq!(cib.property("maintenance-mode").as_deref(), Some("false"));
    assert_eq!(cib.property("no-quorum-policy"), None);
    assert_eq!(
        cib.resource_default("migration-threshold").as_deref(),
        Some("3")
    );
    assert!(cib.configuration_text().starts_with("<configuration>"));
    assert!(cib.configuration_text().ends_with("</configuration>"));

    let shown = |name: &str| {
        let nodes = bookworm(name).nodes().to_vec();
        nodes
            .into_iter()
            .map(|n| (n.name, n.standby, n.maintenance))
            .collect::<Vec<_>>()
    };
    let node = |name: &str, standby, maintenance| (name.to_owned(), standby, maintenance);
    assert_eq!(
        shown("standby"),
        [node("serv1", false, false), node("serv2", true, false)]
    );
    assert_eq!(
        shown("maintenance"),
        [node("serv1", false, true), node("serv2", false, false)]
    );
}

#[test]
fn who_holds_whom_and_what_binds_them() {
    let cib = bookworm("moved");
    assert_eq!(cib.parent_of("IPFailover"), Some("servweb"));
    assert_eq!(cib.parent_of("servweb"), None);
    let names = |id| {
        cib.constraints_on(id)
            .iter()
            .map(|c| c.id())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("servweb"),
        ["servweb-prefers-serv1", "cli-prefer-servweb"]
    );
    assert!(names("IPFailover").is_empty());
    assert!(
        cib.ids().contains("IPFailover-monitor-10s") && cib.ids().contains("cli-prefer-servweb")
    );
}

#[test]
fn a_running_cluster() {
    for release in ["bookworm", "trixie"] {
        let path = format!(
            "{}/tests/data/{release}/live.xml",
            env!("CARGO_MANIFEST_DIR")
        );
        let cib = Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(cib.have_quorum());
        let resources = cib.objects().iter().filter(|object| object.is_resource());
        let resources: Vec<_> = resources.map(Object::id).collect();
        assert_eq!(resources, ["other", "servweb", "IPFailover", "serviceWeb"]);
        assert_eq!(cib.property("cluster-name").as_deref(), Some("cibw"));
    }
}

#[test]
fn a_cib_survives_json_and_a_broken_one_does_not() {
    let cib = bookworm("group");
    let json = serde_json::to_string(&cib).unwrap();
    assert_eq!(serde_json::from_str::<Cib>(&json).unwrap(), cib);
    assert!(serde_json::from_str::<Cib>("\"<cib/>\"").is_err());
    let cut = &cib.text()[..cib.text().len() - 20];
    assert_eq!(
        Cib::parse(cut).unwrap_err().to_string(),
        "the CIB is not readable as XML"
    );
    assert_eq!(
        Cib::parse("<a/>").unwrap_err().to_string(),
        "this is no CIB: <a> stands where <cib> is expected"
    );
}

#[test]
fn the_status_is_not_mistaken_for_the_configuration() {
    let text = "<cib epoch=\"3\"><!-- </configuration> --><configuration><resources/>\
                </configuration><status><primitive id=\"x\"/></status></cib>";
    let cib = Cib::parse(text).unwrap();
    assert_eq!(
        cib.configuration_text(),
        "<configuration><resources/></configuration>"
    );
    assert!(cib.objects().is_empty());
}
