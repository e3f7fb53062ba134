//! `gitca policy explain`: how the decision on one request fell, step by step and policy by policy.

use std::collections::BTreeSet;

use crate::cli::{ExplainArgs, ValueFormat};
use crate::explanation::Explanation;
use crate::finding::Stop;
use crate::names::RequestName;
use crate::output::text::explanation::explanation;
use crate::output::{self, Told};
use crate::plan::{Evidence, listing, plan};
use crate::survey::{self, Survey};
use crate::world::World;

/// The explanation; nothing is ever found that would change the exit code.
///
/// # Errors
/// A [`Stop`] when the repository or its control zone is invalid, or the request is not there; any other error when git
/// or the disk fail.
pub fn explain(args: &ExplainArgs, world: &World) -> anyhow::Result<Told> {
    let name = listing::name(&args.request).ok_or_else(|| absent(args))?;
    let survey = look(args, &name, world)?;
    let evidence = Evidence {
        in_detail: true,
        // Whether it stays as it is shall not hide what the rules say.
        due: &BTreeSet::new(),
        ..survey.evidence()
    };
    let plan = plan(&evidence, world.now);
    let entry = plan.entries.iter().find(|entry| entry.name == name);
    let told = Explanation::of(entry.ok_or_else(|| absent(args))?, &survey.snapshot);
    Ok(Told {
        text: match args.output {
            ValueFormat::Text => explanation(&told),
            ValueFormat::Json => output::json(&told)?,
            ValueFormat::Yaml => output::yaml(&told)?,
        },
        talk: None,
        found: false,
    })
}

/// The work tree as `check` sees it, or the mainline as `describe` does; what was issued is judged again.
fn look(args: &ExplainArgs, name: &RequestName, world: &World) -> anyhow::Result<Survey> {
    let names = [name.clone()];
    if args.mainline {
        let mut mainline = survey::mainline(world)?;
        mainline.reopen(&names)?;
        return Ok(mainline.survey);
    }
    let mut survey = survey::work_tree(&world.directory)?;
    survey.reopen(&world.directory, &names)?;
    Ok(survey)
}

fn absent(args: &ExplainArgs) -> Stop {
    listing::no_such_request(&args.request)
}
