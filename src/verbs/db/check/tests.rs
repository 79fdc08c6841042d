//! What is told of a comparison.

use super::*;
use crate::exec::compare::DataDifference;
use crate::trial::documents::is_of;
use crate::trial::{RELEASES, facts};

#[test]
fn what_was_compared_is_told_to_programs() {
    let took = Duration::from_millis(1500);
    let mut compared = Compared {
        tables: 2,
        rows: 7,
        others: 1,
        position: "0-10-8".to_owned(),
        snapshots: 1,
        still: Duration::from_millis(40),
        ..Compared::default()
    };
    for release in RELEASES {
        let facts = facts(release, "link-well");
        let pair = test::pair(&facts, None).unwrap();
        let told = report(&pair, &compared, &[], took).document;
        is_of(&told, "DbCheckDocument");
        assert_eq!(
            told,
            "{\"format\":1,\"primary\":\"serv1\",\"replica\":\"serv2\",\"same\":true,\"complete\":true,\
             \"stopped\":null,\"tables\":2,\"rows\":7,\"definitions\":1,\"gtid\":\"0-10-8\",\"snapshots\":1,\
             \"standing_still_ms\":40.0,\"seconds\":1.5,\"differences\":[],\"not_compared\":[],\
             \"not_replicated\":[]}"
        );
    }
    compared.differences = vec![
        DataDifference::new(
            "site1.visits",
            Some("id=3".to_owned()),
            "only on the primary",
        ),
        DataDifference::new("site1.v", None, "another definition"),
    ];
    compared.not_compared = vec![("site1.t".to_owned(), "it has no key".to_owned())];
    compared.stopped = Some(Stop::Late(60));
    let facts = facts("bookworm", "link-well");
    let pair = test::pair(&facts, None).unwrap();
    let report = report(&pair, &compared, &["site2".to_owned()], took);
    is_of(&report.document, "DbCheckDocument");
    let told = report.value();
    assert_eq!(told["same"], false);
    assert_eq!(told["complete"], false);
    assert_eq!(told["differences"][0]["row"], "id=3");
    assert!(told["differences"][1]["row"].is_null());
    assert_eq!(told["not_compared"][0]["why"], "it has no key");
    assert_eq!(told["not_replicated"][0], "site2");
}
