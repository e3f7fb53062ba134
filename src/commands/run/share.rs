//! Which share of the batch this run takes, where it was left to the surroundings to say.
//!
//! In come what was typed and the variables of a Kubernetes Indexed Job or of a GitLab job of `parallel`; out comes the
//! share, or what is missing. A share that is only half known is none: two machines could take the same one.

use std::fmt::Display;

use crate::cli::ShardArg;
use crate::finding::{Code, Reason, Stop};
use crate::names::Shard;

const JOB_INDEX: &str = "JOB_COMPLETION_INDEX";
const NODE_INDEX: &str = "CI_NODE_INDEX";
const NODE_TOTAL: &str = "CI_NODE_TOTAL";

/// The share; everything, where none is asked for.
///
/// # Errors
/// `ConfigInvalid` when the variables don't say it.
pub(super) fn share(
    typed: Option<ShardArg>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Shard, Stop> {
    match typed {
        None => Ok(Shard::WHOLE),
        Some(ShardArg::This(shard)) => Ok(shard),
        Some(ShardArg::Job(count)) => {
            let index = number(JOB_INDEX, &variable)?;
            shard(index, count, JOB_INDEX)
        }
        Some(ShardArg::Gitlab) => {
            let total = number(NODE_TOTAL, &variable)?;
            // A job without `parallel` is one of one, and has no number.
            let is_numbered = total != 1 || variable(NODE_INDEX).is_some();
            let from_one = if is_numbered {
                number(NODE_INDEX, &variable)?
            } else {
                1
            };
            let index = from_one
                .checked_sub(1)
                .ok_or_else(|| wrong(NODE_INDEX, "counts from 1", &from_one))?;
            shard(index, total, NODE_INDEX)
        }
    }
}

fn shard(index: u32, count: u32, name: &str) -> Result<Shard, Stop> {
    Shard::new(index, count).map_err(|error| wrong(name, error, &index))
}

fn number(name: &str, variable: impl Fn(&str) -> Option<String>) -> Result<u32, Stop> {
    let Some(text) = variable(name).filter(|text| !text.is_empty()) else {
        let reason = Reason::new(Code::ConfigInvalid, format!("`{name}` is not set"));
        return Err(Stop::because(reason.field("--shard").help(
            "name the share itself, `--shard 0/4`, or start this as an Indexed Job or a job of `parallel`",
        )));
    };
    let number = text.parse().ok();
    number.ok_or_else(|| wrong(name, "must be a number", &text))
}

fn wrong(name: &str, why: impl Display, value: &impl ToString) -> Stop {
    let reason = Reason::new(Code::ConfigInvalid, format!("the share in `{name}` {why}"));
    let reason = reason.field("--shard").value(value.to_string());
    Stop::because(reason.help("name the share itself, `--shard 0/4`, or start as many as it says"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surroundings_say_the_share() {
        for (typed, variables, expected) in [
            ("2/4", &[][..], Some("2/4")),
            ("job/4", &[(JOB_INDEX, "3")], Some("3/4")),
            ("job/4", &[(JOB_INDEX, "4")], None),
            ("job/4", &[(JOB_INDEX, "-1")], None),
            ("job/4", &[(JOB_INDEX, "")], None),
            ("job/4", &[(NODE_INDEX, "1")], None),
            (
                "gitlab",
                &[(NODE_INDEX, "1"), (NODE_TOTAL, "4")],
                Some("0/4"),
            ),
            (
                "gitlab",
                &[(NODE_INDEX, "4"), (NODE_TOTAL, "4")],
                Some("3/4"),
            ),
            ("gitlab", &[(NODE_INDEX, "0"), (NODE_TOTAL, "4")], None),
            ("gitlab", &[(NODE_INDEX, "5"), (NODE_TOTAL, "4")], None),
            ("gitlab", &[(NODE_INDEX, "1"), (NODE_TOTAL, "many")], None),
            ("gitlab", &[(NODE_INDEX, "1"), (NODE_TOTAL, "0")], None),
            ("gitlab", &[(NODE_TOTAL, "1")], Some("0/1")),
            ("gitlab", &[(NODE_TOTAL, "2")], None),
            ("gitlab", &[(NODE_INDEX, "1")], None),
        ] {
            let variable = |name: &str| {
                let mut set = variables.iter();
                set.find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            let typed: ShardArg = typed.parse().expect("it can be typed");
            let found = share(Some(typed), variable).ok();
            let found = found.map(|shard| shard.to_string());
            assert_eq!(found.as_deref(), expected, "{typed:?} {variables:?}");
        }
        assert_eq!(share(None, |_| None).ok(), Some(Shard::WHOLE));
    }
}
