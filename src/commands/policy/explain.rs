//! `gitca policy explain`: how the decision on one request fell, or what the entries of a policy let in.
//!
//! In comes a request, as the work tree or the mainline has it, or a policy; out comes each rule that was asked with
//! what it said, or examples of what it admits and what not. The evaluation is the one that decides.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::cli::{ExplainArgs, ValueFormat};
use crate::control::ControlZone;
use crate::explanation::Explanation;
use crate::finding::{Code, Reason, Stop};
use crate::names::{ObjectName, RequestName};
use crate::output::text::explanation::explanation;
use crate::output::text::samples::samples;
use crate::output::{self, Told};
use crate::plan::{Attention, Evidence, listing, plan};
use crate::sampling::{self, Samples};
use crate::survey::{self, Survey};
use crate::world::World;
use crate::yaml::suggest;

/// The explanation; nothing is ever found that would change the exit code.
///
/// # Errors
/// A [`Stop`] when the repository or its control zone is invalid, or the request or policy is not there; any other error
/// when git or the disk fail.
pub fn explain(args: &ExplainArgs, world: &World) -> anyhow::Result<Told> {
    let text = if let Some(policy) = &args.sample {
        let survey = if args.mainline {
            survey::mainline(world)?.survey
        } else {
            survey::work_tree(&world.directory, &[])?
        };
        let made = sample(policy, &survey.zone)?;
        written(&made, args.output, || samples(&made))?
    } else {
        let told = told(args, world)?;
        written(&told, args.output, || explanation(&told))?
    };
    Ok(Told {
        text,
        talk: None,
        found: false,
    })
}

fn told(args: &ExplainArgs, world: &World) -> anyhow::Result<Explanation> {
    let text = args.request.as_deref().unwrap_or_default();
    let absent = || listing::no_such_request(text);
    let name = listing::name(text).ok_or_else(absent)?;
    let survey = look(args, &name, world)?;
    let evidence = Evidence {
        attention: Attention::to(std::slice::from_ref(&name)),
        // Whether it stays as it is shall not hide what the rules say.
        due: &BTreeSet::new(),
        ended: &BTreeSet::new(),
        ..survey.evidence()
    };
    let plan = plan(&evidence, world.now);
    let entry = plan.entries.iter().find(|entry| entry.name == name);
    Ok(Explanation::of(entry.ok_or_else(absent)?, &survey.snapshot))
}

/// The work tree as `check` sees it, or the mainline as `describe` does; what was issued is judged again.
fn look(args: &ExplainArgs, name: &RequestName, world: &World) -> anyhow::Result<Survey> {
    let names = [name.clone()];
    if args.mainline {
        let mut mainline = survey::mainline(world)?;
        mainline.reopen(&names)?;
        return Ok(mainline.survey);
    }
    let mut survey = survey::work_tree(&world.directory, &[])?;
    survey.reopen(&world.directory, &names)?;
    Ok(survey)
}

fn sample(name: &ObjectName, zone: &ControlZone) -> Result<Samples, Stop> {
    let (mut approvals, mut denials) = (zone.approval_policies.iter(), zone.deny_policies.iter());
    let approval = approvals.find(|policy| policy.name == *name);
    let denial = denials.find(|policy| policy.name == *name);
    let approval = approval.map(sampling::of_approval);
    // Policies of two kinds may have one name.
    let found = match (approval, denial.map(sampling::of_denial)) {
        (Some(mut approval), Some(denial)) => {
            approval.entries.extend(denial.entries);
            Some(approval)
        }
        (approval, denial) => approval.or(denial),
    };
    found.ok_or_else(|| {
        let approvals = zone.approval_policies.iter().map(|policy| &policy.name);
        let denials = zone.deny_policies.iter().map(|policy| &policy.name);
        let known: Vec<&str> = approvals.chain(denials).map(ObjectName::as_str).collect();
        let reason = Reason::new(
            Code::OperationFailed,
            format!("there is no policy `{name}`"),
        );
        Stop::because(reason.help(suggest(name.as_str(), &known)))
    })
}

fn written(
    value: &impl Serialize,
    format: ValueFormat,
    text: impl FnOnce() -> String,
) -> anyhow::Result<String> {
    Ok(match format {
        ValueFormat::Text => text(),
        ValueFormat::Json => output::json(value)?,
        ValueFormat::Yaml => output::yaml(value)?,
    })
}
