//! `gitca policy test`: the tests of the policies, run by the evaluation that decides for real.
//!
//! In come the tests of the control zone, or those that were named, and the manifests that they name; out comes what
//! came of each case. Found is a case that got another decision than it expects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::{TestArgs, TestFormat};
use crate::commands::named;
use crate::commands::policy::rules::Source;
use crate::control::ControlZone;
use crate::control::policy_test::{Asks, PolicyTest};
use crate::decision::coverage::Coverage;
use crate::files;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::RepoPath;
use crate::output::text::{Style, policy_test};
use crate::output::{self, Told, junit};
use crate::snapshot::Blob;
use crate::trial::outcome::Tests;
use crate::trial::{self, Stage};
use crate::world::World;

/// What came of every test, or of those that were named; found is a case that got another decision.
///
/// # Errors
/// A [`Stop`] when the control zone, a test or a manifest can't be used; any other error when git or the disk fail.
pub fn test(args: &TestArgs, world: &World, style: Style) -> anyhow::Result<Told> {
    let source = Source::find(args.head.as_deref(), world)?;
    let zone = source.rules()?;
    let mut tests = if args.files.is_empty() {
        zone.tests.clone()
    } else {
        named_tests(args, &zone, world)?
    };
    tests.sort_by(|a, b| a.file.cmp(&b.file));
    let manifests = manifests(&tests, &source)?;
    let effort = trial::effort();
    let stage = Stage {
        effort: &effort,
        zone: &zone,
        manifests: &manifests,
        now: world.now,
    };
    let mut coverage = args.coverage.then(|| Coverage::of(&zone));
    let outcomes = tests
        .iter()
        .map(|test| trial::run(test, stage, coverage.as_mut()))
        .collect();
    let tests = Tests {
        commit: source.commit(),
        tests: outcomes,
        coverage,
    };
    let (_, failed) = tests.counts();
    Ok(Told {
        text: match args.output {
            TestFormat::Text => policy_test::text(&tests, style),
            TestFormat::Json => output::json(&tests)?,
            TestFormat::Junit => junit::policy_tests(&tests),
        },
        talk: tests.tests.is_empty().then(nothing),
        found: failed > 0,
    })
}

fn nothing() -> String {
    "There are no tests: put files of kind PolicyTest below `policies/tests/`.\n".to_owned()
}

/// The tests that were named: of the control zone, or files that lie elsewhere.
fn named_tests(
    args: &TestArgs,
    zone: &ControlZone,
    world: &World,
) -> anyhow::Result<Vec<PolicyTest>> {
    let mut tests = Vec::new();
    for file in &args.files {
        let path = in_repository(file, world);
        let known = zone
            .tests
            .iter()
            .find(|test| Some(&test.file) == path.as_ref());
        tests.push(match known {
            Some(test) => test.clone(),
            None => elsewhere(file, zone, world)?,
        });
    }
    Ok(tests)
}

/// The path of a file as the repository spells it, whether it is there or not.
fn in_repository(file: &Path, world: &World) -> Option<RepoPath> {
    let place = world.directory.join(file);
    let top = crate::worktree::root(&world.directory).ok();
    let inside = place.canonicalize().ok().zip(top);
    let inside = inside.and_then(|(place, top)| place.strip_prefix(top).ok().map(Path::to_owned));
    inside.as_deref().unwrap_or(file).to_str()?.parse().ok()
}

fn elsewhere(file: &Path, zone: &ControlZone, world: &World) -> anyhow::Result<PolicyTest> {
    let source = files::read_text(&world.directory.join(file))?;
    let test = zone.read_test(source.as_bytes());
    let test = test.map_err(|reasons| named(file, reasons))?;
    let shown = file.to_str().and_then(|path| path.parse().ok());
    Ok(PolicyTest {
        file: shown.unwrap_or(test.file),
        ..test
    })
}

/// The manifests that the cases name.
fn manifests(tests: &[PolicyTest], source: &Source) -> anyhow::Result<BTreeMap<RepoPath, Blob>> {
    let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
    let mut gone: BTreeSet<&RepoPath> = BTreeSet::new();
    for (test, case) in tests
        .iter()
        .flat_map(|test| test.cases.iter().map(move |case| (test, case)))
    {
        let Asks::File {
            manifest, place, ..
        } = &case.asks
        else {
            continue;
        };
        if found.contains_key(manifest) || gone.contains(manifest) {
            continue;
        }
        if let Some(blob) = source.file(manifest)? {
            found.insert(manifest.clone(), blob);
            continue;
        }
        gone.insert(manifest);
        let reason = Reason::new(Code::ConfigInvalid, format!("`{manifest}` does not exist"));
        let help = "name a manifest by its path in the repository, then `gitca policy test`";
        missing.push(Finding::in_file(
            test.file.clone(),
            reason.at(*place).help(help),
        ));
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(Stop(missing).into())
    }
}
