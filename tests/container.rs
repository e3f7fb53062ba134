//! The recipe of the image, as far as it can be tried without a container engine: read, and its steps run.
//!
//! NOT TESTED here: that an engine builds it, and what is in the two base images.
#![expect(clippy::disallowed_methods, reason = "this test runs tools")]
#![expect(clippy::print_stdout, reason = "what is not tested must be said")]

mod support;

use std::path::Path;

use support::{Scratch, files_below, tool};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The instructions, each with its arguments in one line.
fn instructions() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(".container/Containerfile"));
    let text = text.expect("the recipe is there").replace("\\\n", " ");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, arguments) = line.split_once(' ').expect("an instruction and arguments");
            let words: Vec<&str> = arguments.split_whitespace().collect();
            (name.to_owned(), words.join(" "))
        })
        .collect()
}

/// The arguments of this instruction, in order.
fn of(name: &str) -> Vec<String> {
    let all = instructions().into_iter();
    all.filter(|(other, _)| other == name)
        .map(|(_, arguments)| arguments)
        .collect()
}

#[test]
fn the_image_is_glibc_of_one_release_and_nobody_in_particular() {
    let from = of("FROM");
    assert_eq!(
        from,
        [
            "docker.io/library/rust:1-bookworm AS build",
            "docker.io/library/debian:bookworm-slim"
        ]
    );
    let all = instructions();
    let last = |name: &str| {
        let found = all.iter().rev().find(|(other, _)| other == name);
        found
            .map(|(_, arguments)| arguments.clone())
            .expect("it is there")
    };
    let (user, group) = last("USER")
        .split_once(':')
        .map(|(u, g)| (u.to_owned(), g.to_owned()))
        .expect("both");
    for id in [user, group] {
        assert!(
            id.parse::<u32>()
                .expect("a number, which engines can compare")
                > 0,
            "{id}"
        );
    }
    assert_eq!(last("ENTRYPOINT"), "[\"gitca\"]");
    // Nothing but the program comes over, and no instruction brings anything from elsewhere.
    assert_eq!(
        last("COPY"),
        "--from=build /source/target/release/gitca /usr/local/bin/gitca"
    );
    let known = ["FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT"];
    for (name, arguments) in all {
        assert!(known.contains(&name.as_str()), "{name} {arguments}");
        assert!(!arguments.contains("http"), "{name} {arguments}");
    }
}

#[test]
fn what_is_copied_is_enough_to_build_the_program() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("source")).expect("a directory can be made");
    let ignored =
        std::fs::read_to_string(Path::new(ROOT).join(".dockerignore")).expect("it is there");
    for arguments in of("COPY")
        .iter()
        .filter(|arguments| !arguments.starts_with("--from"))
    {
        let words: Vec<&str> = arguments.split(' ').collect();
        let (target, sources) = words.split_last().expect("a target");
        for source in sources {
            assert!(
                ignored.lines().any(|line| line == format!("!{source}")),
                "{source} is not in the context"
            );
            let target = if *target == "./" { source } else { target };
            scratch.sh(&format!("cp -r {ROOT}/{source} source/{target}"));
        }
    }
    // Every target that Cargo.toml names is there, and every file that the program takes in.
    let mut command = std::process::Command::new(env!("CARGO"));
    command.current_dir(scratch.path("source"));
    command.args([
        "metadata",
        "--no-deps",
        "--locked",
        "--offline",
        "--format-version",
        "1",
    ]);
    let output = command.output().expect("cargo can be run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut taken = 0;
    for (path, bytes) in files_below(&scratch.path("source/src")) {
        let text = String::from_utf8(bytes).expect("sources are text");
        for rest in text.split("include_str!(\"").skip(1) {
            let file = rest.split('"').next().expect("an end");
            let from = scratch.path("source/src").join(&path);
            let file = from.parent().expect("a directory").join(file);
            assert!(file.is_file(), "{path} takes in {}", file.display());
            taken += 1;
        }
    }
    assert!(taken > 8, "only {taken} files are taken in");
    let build = &of("RUN")[0];
    assert_eq!(build, "cargo build --locked --release --bin gitca");
}

#[test]
fn its_packages_exist_and_its_user_can_be_made() {
    let run = of("RUN");
    let steps: Vec<&str> = run[1].split(" && ").collect();
    assert_eq!(steps[0], "apt-get update");
    let packages = steps[1]
        .strip_prefix("apt-get install --yes --no-install-recommends ")
        .expect("the packages");
    assert_eq!(packages, "ca-certificates git openssh-client");
    assert_eq!(steps[2], "rm -rf /var/lib/apt/lists/*");
    let scratch = Scratch::new();
    if tool("apt-cache") {
        for package in packages.split(' ') {
            let shown = scratch.run("apt-cache", &["show", package]);
            if shown.code != Some(0) {
                println!(
                    "NOT TESTED: this machine has no list of packages to look `{package}` up in"
                );
            }
        }
    }
    if tool("useradd") {
        scratch.sh("mkdir -p image/etc image/home; touch image/etc/passwd image/etc/group image/etc/shadow image/etc/gshadow");
        let image = scratch.path("image");
        let arguments: Vec<&str> = steps[3]
            .strip_prefix("useradd ")
            .expect("the user")
            .split(' ')
            .collect();
        let prefix = image.to_str().expect("a plain path");
        let made = scratch.run("useradd", &[&["--prefix", prefix], &arguments[..]].concat());
        if made.code == Some(0) {
            assert!(
                scratch
                    .read("image/etc/passwd")
                    .starts_with("gitca:x:10001:10001:")
            );
        } else {
            println!("NOT TESTED: only root can make users, {}", made.stderr);
        }
    }
}
