//! A plan and what became of it, for programs.

use super::Session;
use crate::plan::Plan;
use serde_json::json;

impl Session<'_> {
    pub(super) fn json(&self, plan: &Plan, result: Option<serde_json::Value>) -> String {
        let mut value = json!({ "plan": plan });
        // A step is data; what it comes to on a command line is told beside it.
        for (at, step) in plan.steps.iter().enumerate() {
            if let Some((argv, stdin)) = step.command() {
                value["plan"]["steps"][at]["command"] = json!({ "argv": argv, "stdin": stdin });
            }
        }
        if let Some(result) = result {
            value["result"] = result;
        }
        value.to_string()
    }
}
