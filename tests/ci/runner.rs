//! A forge in miniature: a bare repository, clones of it as runners make them, and the steps of a job run by bash.
//!
//! Expressions are filled in from a table, and one that is not there fails the test: nothing is guessed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::support::Scratch;

/// Expressions of a workflow and what the forge puts in their place.
pub(crate) type Values<'v> = BTreeMap<&'v str, String>;

/// A YAML file as JSON.
#[track_caller]
pub(crate) fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A repository with CI files, the bare one that it was pushed to, and a fake `cargo` that installs the program under test.
pub(crate) fn hosted(forge: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.gitca(&["init", "repo", "--ci", forge]).success();
    scratch
        .sh("git clone -q --bare repo remote.git && git -C repo remote add origin ../remote.git");
    let bin = env!("CARGO_BIN_EXE_gitca");
    // Building the program from its source is not what is tested: what is asked for is.
    scratch.write(
        "bin/cargo",
        format!(
            "#!/bin/sh\ncase $3 in\n\
             --git) [ \"$1 $2 $4 $5 $6\" = 'install --locked https://git.example.com/gitca --rev 0123' ] || exit 9; shift 6;;\n\
             --path) [ \"$1 $2\" = 'install --locked' ] && grep -q 'name = \"gitca\"' \"$4/Cargo.toml\" || exit 9; shift 4;;\n\
             *) exit 9;;\nesac\n\
             [ \"$1 $3\" = '--root gitca' ] || exit 9\nmkdir -p \"$2/bin\" && ln -sf {bin} \"$2/bin/gitca\"\n"
        ),
    );
    scratch.sh("chmod +x bin/cargo; mkdir temp");
    scratch
}

/// The workflow with the source of gitca filled in.
pub(crate) fn with_source(mut workflow: Value) -> Value {
    workflow["env"]["GITCA_SOURCE"] = "https://git.example.com/gitca".into();
    workflow["env"]["GITCA_COMMIT"] = "0123".into();
    workflow
}

/// What became of a job: what its steps printed, and the code of the first that failed.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) log: String,
    pub(crate) code: i32,
}

/// A job on a runner that is set up.
pub(crate) struct Job<'s> {
    pub(crate) scratch: &'s Scratch,
    /// Where the repository was checked out.
    pub(crate) workspace: PathBuf,
    /// The environment of the runner.
    pub(crate) environment: BTreeMap<String, String>,
}

impl Job<'_> {
    /// Runs a script as the forge does, with these variables besides the runner's.
    pub(crate) fn bash(&mut self, script: &str, extra: &BTreeMap<String, String>) -> Output {
        let scratch = self.scratch;
        let github_path = scratch.path("temp/path");
        let added = std::fs::read_to_string(&github_path).unwrap_or_default();
        let path = format!(
            "{}:{}:{}",
            added.trim().replace('\n', ":"),
            scratch.path("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        scratch.write("temp/step.sh", script);
        let mut command = scratch.command("bash");
        command
            .current_dir(&self.workspace)
            .env("PATH", path.trim_start_matches(':'))
            .env("GITHUB_PATH", &github_path)
            .env("RUNNER_TEMP", scratch.path("temp"))
            .env("CI_BUILDS_DIR", scratch.path("temp"))
            .envs(&self.environment)
            .envs(extra)
            .args(["-e", "-o", "pipefail"])
            .arg(scratch.path("temp/step.sh"));
        command.output().expect("bash can be run")
    }

    /// Runs the `run` steps of a job of a workflow, and calls `uses` for the others.
    pub(crate) fn steps(
        &mut self,
        workflow: &Value,
        job: &str,
        values: &Values<'_>,
        uses: impl FnMut(&Value),
    ) -> Done {
        let job = &workflow["jobs"][job];
        let mut shared = BTreeMap::new();
        for level in [&workflow["env"], &job["env"]] {
            shared.extend(variables(level, values));
        }
        let steps = job["steps"].as_array().expect("a job has steps");
        self.run(steps, &shared, values, uses)
    }

    /// Runs these steps one after the other.
    pub(crate) fn run(
        &mut self,
        steps: &[Value],
        shared: &BTreeMap<String, String>,
        values: &Values<'_>,
        mut uses: impl FnMut(&Value),
    ) -> Done {
        let mut done = Done::default();
        for step in steps {
            if step["uses"].is_string() {
                uses(step);
                continue;
            }
            if done.code != 0 {
                continue;
            }
            let script = step["run"].as_str().expect("a step runs something");
            assert!(
                !script.contains("${{"),
                "an expression in a script: {script}"
            );
            let mut extra = shared.clone();
            extra.extend(variables(&step["env"], values));
            let output = self.bash(script, &extra);
            done.log.push_str(&String::from_utf8_lossy(&output.stdout));
            done.log.push_str(&String::from_utf8_lossy(&output.stderr));
            done.code = output.status.code().unwrap_or(-1);
        }
        done
    }
}

/// The variables of an `env` with their expressions filled in.
pub(crate) fn variables(env: &Value, values: &Values<'_>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (name, value) in env.as_object().into_iter().flatten() {
        let text = value.as_str().expect("variables are texts");
        variables.insert(name.clone(), fill(text, values));
    }
    variables
}

/// A text with its expressions filled in.
pub(crate) fn fill(text: &str, values: &Values<'_>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an expression is closed");
        let value = values.get(expression.trim());
        filled.push_str(before);
        filled.push_str(value.unwrap_or_else(|| panic!("`{expression}` has no value")));
        rest = after;
    }
    filled + rest
}
