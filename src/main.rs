//! The program: reads the clock, the environment and randomness once, calls one command, prints its answer, exits.
//!
//! In come the arguments; out go the answer on stdout, the talk on stderr, and the exit code: 0 for fine, 1 where something
//! was found, 2 where the command could not work. What is decided is decided below; here it is only called and told.
#![expect(
    clippy::disallowed_methods,
    reason = "main hands the surroundings down, so that nothing else reads them"
)]

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::Resettable;
use clap::{Arg, CommandFactory as _, FromArgMatches as _};

use gitca::cli::{Cli, Color, Command, Format, Global, KEY_HELP};
use gitca::commands::{
    self, approve, check, demo, describe, get, init, new, plan, policy, revoke, run, schema, tools,
};
use gitca::finding::{Code, Finding, Reason, Stop};
use gitca::git;
use gitca::harmless::{concealed, has_private_key};
use gitca::output::text::{self, Style};
use gitca::output::{self, Answer, Fence, Told};
use gitca::report::{Report, Verdict};
use gitca::timestamp::Timestamp;
use gitca::world::World;

// `could not work`: usage, configuration, git, keys.
const BROKEN: u8 = 2;
// What clap ends its complaints with.
const HINT: &str = "For more information, try '--help'.";
/// The variables that mean nothing when they are empty.
const MAY_BE_EMPTY: [&str; 4] = ["GITCA_ANCHOR", "GITCA_BRANCH", "GITCA_PUSH", "GITCA_SHARD"];

fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(misunderstood(&error)),
    };
    let style = style(cli.global.color);
    let mut world = match world(&cli.global) {
        Ok(world) => world,
        Err(error) => return ExitCode::from(complain(&error, style)),
    };
    ExitCode::from(dispatch(&cli, &mut world, style))
}

/// What was typed. A variable that is set and empty is what a CI system makes of one that nobody has set.
fn parse() -> Result<Cli, clap::Error> {
    let without_empty = |arg: Arg| {
        let is_empty = |name: &str| std::env::var_os(name).is_some_and(|value| value.is_empty());
        let name = arg.get_env().and_then(|name| name.to_str());
        match name.filter(|name| MAY_BE_EMPTY.contains(name) && is_empty(name)) {
            Some(_) => arg.env(Resettable::Reset),
            None => arg,
        }
    };
    let command = Cli::command().mut_args(without_empty);
    let command = command.mut_subcommands(|below| below.mut_args(without_empty));
    let matches = command.clone().try_get_matches()?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command.clone()))
}

/// Calls the command and tells what it answers, in its manner: a text, what was found, orders to a CI server, or a report.
fn dispatch(cli: &Cli, world: &mut World, style: Style) -> u8 {
    let global = &cli.global;
    let found = |told| tell_found(told, style, global.quiet);
    match &cli.command {
        Command::Init(args) => tell(init::init(args, world), style),
        Command::New(args) => tell(new::new(args, world), style),
        Command::Approve(args) => found(approve::approve(args, world, style)),
        Command::Deny(args) => found(approve::deny(args, world, style)),
        Command::Revoke(args) => tell(revoke::revoke(args, world), style),
        Command::Demo(args) => tell(demo::demo(args, world, style), style),
        Command::Get(args) => found(get::get(args, world, style)),
        Command::Describe(args) => found(describe::describe(args, world, style)),
        Command::Policy(args) if policy::is_for_ci(args) => {
            order(policy::policy(args, world, style), style)
        }
        Command::Policy(args) => found(policy::policy(args, world, style)),
        Command::Schema(args) => tell(schema::schema(args), style),
        Command::Completions(args) => tell(tools::completions(args), style),
        Command::Man(args) => tell(tools::man(args, world), style),
        Command::Check(args) => {
            let (format, findings) = (args.report.output, check::findings(args));
            let act = |report: &mut Report| check::check(args, world, report);
            report("check", format, &findings, global, act)
        }
        Command::Plan(args) => {
            let (format, findings) = (args.report.output, commands::findings(&args.fail_on));
            let act = |report: &mut Report| plan::plan(args, world, report);
            report("plan", format, &findings, global, act)
        }
        Command::Run(args) => {
            let (format, findings) = (args.report.output, commands::findings(&args.fail_on));
            let act = |report: &mut Report| run::run(args, world, report);
            report("run", format, &findings, global, act)
        }
    }
}

/// Prints a text, or why there is none.
fn tell(result: anyhow::Result<String>, style: Style) -> u8 {
    match result.and_then(|text| Ok(output::print_text(&Answer::Text(text), &style, &fence())?)) {
        Ok(()) => 0,
        Err(error) => complain(&error, style),
    }
}

/// Prints the text of a command that looks for something, after its talk; finding it counts as well.
fn tell_found(result: anyhow::Result<Told>, style: Style, quiet: bool) -> u8 {
    let (found, talk, text) = match result {
        Ok(told) => (told.found, told.talk, Ok(told.text)),
        Err(error) => (false, None, Err(error)),
    };
    if let Some(talk) = talk.filter(|_| !quiet) {
        output::say(&talk, &fence());
    }
    tell(text, style).max(u8::from(found))
}

/// Prints a text that is commands to a CI server.
fn order(result: anyhow::Result<Told>, style: Style) -> u8 {
    let printed = result.and_then(|told| {
        output::command(&told.text)?;
        Ok(u8::from(told.found))
    });
    printed.unwrap_or_else(|error| complain(&error, style))
}

/// Prints a report, as far as the command got.
fn report(
    command: &'static str,
    format: Format,
    findings: &[Verdict],
    global: &Global,
    act: impl FnOnce(&mut Report) -> anyhow::Result<()>,
) -> u8 {
    let style = style(global.color);
    let mut report = Report::new(command);
    if let Err(error) = act(&mut report) {
        report.errors.extend(to_findings(&error));
    }
    report.advise();
    let code = report.exit_code(findings);
    let printed = match format {
        Format::Json => output::print_json(&report),
        Format::Yaml => output::print_yaml(&report),
        Format::Github => annotate(&report),
        Format::Sarif => output::print_json(&output::sarif::report(&report)),
        Format::Gitlab => output::print_json(&output::gitlab::report(&report)),
        Format::Markdown => output::print(&output::markdown::report(&report)),
        Format::Junit => output::print(&output::junit::report(&report)),
        Format::Text => print_report(report, style, global.quiet),
    };
    printed.map_or_else(|error| complain(&error.into(), style), |()| code)
}

/// Annotations on stdout, and the whole as the summary of the step where the runner has a file for it.
fn annotate(report: &Report) -> io::Result<()> {
    if let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) {
        output::append(Path::new(&file), &output::markdown::summary(report))?;
    }
    output::command(&output::github::report(report))
}

/// The results on stdout; notices that are about no request, and errors, on stderr.
fn print_report(report: Report, style: Style, quiet: bool) -> io::Result<()> {
    // What is about a request is told with its result, where that is listed.
    let listed: BTreeSet<_> = report
        .results
        .iter()
        .map(|result| &result.request)
        .collect();
    let about_none = |notice: &&Finding| {
        !quiet && (notice.request.is_none() || !listed.contains(&notice.request))
    };
    let fence = fence();
    let notes = report.notices.iter().filter(about_none);
    let errors = report.errors.iter();
    let talk = text::findings("note", notes, &style) + &text::findings("error", errors, &style);
    output::say(&talk, &fence);
    if report.errors.is_empty() || !report.results.is_empty() {
        output::print_text(&Answer::Report(Box::new(report)), &style, &fence)?;
    }
    Ok(())
}

fn complain(error: &anyhow::Error, style: Style) -> u8 {
    let command = typed_command();
    let findings = to_findings(error).into_iter();
    let findings: Vec<_> = findings.map(|finding| finding.advised(&command)).collect();
    output::say(&text::findings("error", findings.iter(), &style), &fence());
    BROKEN
}

/// What was typed wrong, with the command that says what is right; or the help that was asked for.
fn misunderstood(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        // Nobody is left to tell when stdout is gone.
        let _ = error.print();
        return 0;
    }
    let text = error.render().to_string();
    let text = if has_private_key(&text) {
        let shown = concealed(&text);
        let shown = shown.split(HINT).next().unwrap_or_default().trim_end();
        format!("{shown}\n\n  help: {KEY_HELP}\n")
    } else {
        let command = typed_command();
        let gap = if command.is_empty() { "" } else { " " };
        text.replace(
            HINT,
            &format!("  help: `gitca{gap}{command} --help` says what it takes"),
        )
    };
    output::say(&text, &fence());
    BROKEN
}

/// The command that was typed, for what is said about it.
fn typed_command() -> String {
    // Whatever else is wrong, and whatever an option before it has for a value.
    let matches = Cli::command().ignore_errors(true).try_get_matches();
    let matches = matches.ok();
    let command = matches.as_ref().and_then(|typed| typed.subcommand_name());
    command.unwrap_or_default().to_owned()
}

/// What stopped a command: its findings, or one that tells the whole chain of causes.
fn to_findings(error: &anyhow::Error) -> Vec<Finding> {
    if let Some(Stop(findings)) = error.downcast_ref::<Stop>() {
        return findings.clone();
    }
    let other = || Reason::new(Code::OperationFailed, format!("{error:#}"));
    vec![Finding::anywhere(git::failure(error).unwrap_or_else(other))]
}

fn style(color: Color) -> Style {
    let wanted = || {
        io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    };
    Style {
        color: color == Color::Always || color == Color::Auto && wanted(),
    }
}

/// What GitHub and those who took over its runner keep a log behind.
fn fence() -> Fence {
    if std::env::var_os("GITHUB_ACTIONS").is_none_or(|value| value != "true") {
        return Fence::default();
    }
    let mut secret = [0; 16];
    random(&mut secret);
    Fence::of(secret)
}

fn random(octets: &mut [u8]) {
    aws_lc_rs::rand::fill(octets).expect("the operating system gives randomness");
}

fn world(global: &Global) -> anyhow::Result<World> {
    let here = std::env::current_dir().context("finding the current directory")?;
    let directory = global
        .directory
        .as_ref()
        .map_or_else(|| here.clone(), |directory| here.join(directory));
    let now = match global.now {
        Some(now) => now,
        None => clock()?,
    };
    Ok(World {
        directory,
        branch: global.branch.clone(),
        anchor: global.anchor.clone(),
        variable: |name| std::env::var(name).ok(),
        now,
        random: Box::new(random),
        talk: talk(global.quiet),
    })
}

fn talk(quiet: bool) -> Box<dyn Fn(&str)> {
    let fence = fence();
    Box::new(move |text| {
        if !quiet {
            output::say(text, &fence);
        }
    })
}

fn clock() -> anyhow::Result<Timestamp> {
    let elapsed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .context("the clock is before 1970")?;
    let seconds = i64::try_from(elapsed.as_secs())
        .ok()
        .and_then(Timestamp::from_unix);
    seconds.context("the clock is after 9999")
}
